package dev.entente.runtime;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The place that one connection has, and whose it is. Any thread.
final class ConnectionPass {
  /// As no address begins.
  private static final String USER = "user ";

  private final ConnectionPlaces places;
  private final AddressPace addresses;
  private final String address;
  private final Optional<String> process;
  private final ConnectionGate.Arrival arrival;

  // Guarded by this object.
  private String peer;
  private boolean identified;
  private boolean anonymous;
  private boolean released;
  private boolean established;
  private @Nullable Runnable whenEstablished;

  /// @param address of whom it comes, or the user on a Unix socket
  private ConnectionPass(
      ConnectionPlaces places,
      AddressPace addresses,
      String address,
      Optional<String> process,
      ConnectionGate.Arrival arrival) {
    this.places = places;
    this.addresses = addresses;
    this.address = address;
    this.process = process;
    this.arrival = arrival;
    this.peer = address;
  }

  /// The pass of a connection that has not taken its place yet.
  ///
  /// @throws IOException if the kernel does not say who calls
  static ConnectionPass of(
      Channel accepted,
      ConnectionPlaces places,
      AddressPace addresses,
      ConnectionGate.Arrival arrival)
      throws IOException {
    return new ConnectionPass(places, addresses, peer(accepted), process(accepted), arrival);
  }

  /// Whose places a connection takes; the forms of names are different, so that none can stand for
  /// another.
  private static String peer(Channel accepted) throws IOException {
    if (accepted instanceof EpollDomainSocketChannel local) {
      return USER + local.peerCredentials().uid();
    }
    if (accepted.remoteAddress() instanceof InetSocketAddress remote
        && remote.getAddress() != null) {
      return AddressBlock.of(remote.getAddress());
    }
    throw new IOException("the connection has no peer any more");
  }

  /// On a Unix socket, the one of many of its user; 0 is one that we cannot see.
  private static Optional<String> process(Channel accepted) throws IOException {
    return accepted instanceof EpollDomainSocketChannel local && local.peerCredentials().pid() > 0
        ? Optional.of("process " + local.peerCredentials().pid())
        : Optional.empty();
  }

  /// Who waits because of what this connection sent: the process, or who proved an identity. Many
  /// may share a user or an address, and one of them must not keep the others waiting.
  synchronized Optional<String> restrained() {
    return process.or(() -> identified ? Optional.of(peer) : Optional.empty());
  }

  /// The address of one that comes over the network and has proved nothing.
  synchronized Optional<String> stranger() {
    return identified || isLocal() ? Optional.empty() : Optional.of(address);
  }

  boolean isLocal() {
    return address.startsWith(USER);
  }

  synchronized void giveTurnBack() {
    if (identified && addresses.giveBack(address)) {
      arrival.turnGivenBack();
    }
  }

  synchronized String peer() {
    return peer;
  }

  synchronized boolean isEstablished() {
    return established;
  }

  synchronized void establish() {
    established = true;
    if (whenEstablished != null) {
      whenEstablished.run();
      whenEstablished = null;
    }
  }

  synchronized void onceEstablished(Runnable action) {
    if (established || released) {
      action.run();
    } else {
      whenEstablished = action;
    }
  }

  synchronized Optional<ConnectionGate.Reason> moveTo(String identity) {
    if (released) {
      return Optional.empty();
    }
    var refusal = places.move(peer, identity);
    if (refusal.isEmpty()) {
      peer = identity;
      identified = true;
    }
    return refusal;
  }

  synchronized Optional<ConnectionGate.Reason> stayAnonymous() {
    if (released || anonymous) {
      return Optional.empty();
    }
    var refusal = places.stayAnonymous();
    anonymous = refusal.isEmpty();
    return refusal;
  }

  /// Also ends the timer, which would hold the channel in memory.
  synchronized void release() {
    if (!released) {
      released = true;
      places.release(peer, anonymous);
      establish();
    }
  }
}
