package dev.entente.cli.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.random.RandomGenerator;

/// A loopback address of our own, with ports that are free on it.
///
/// All of 127.0.0.0/8 is this machine. Two quickstarts on two addresses never want the same port,
/// and the kernel gives no port below 32768 away by itself, so a port that is free when it is
/// chosen is still free when a broker binds it.
final class Loopback {
  private static final int LOWEST_PORT = 20_000;
  private static final int HIGHEST_PORT = 32_000;
  private static final int ATTEMPTS = 100;

  /// Second byte of the address: not 0, where other programs listen.
  private static final int OURS = 77;

  private final InetAddress address;
  private final RandomGenerator random;

  Loopback(RandomGenerator random) {
    this.random = random;
    this.address = usable(random.nextInt(1, 255), random.nextInt(1, 255));
  }

  /// The address chosen, or plain 127.0.0.1 on a machine that has only that.
  private static InetAddress usable(int third, int fourth) {
    try {
      var wanted = InetAddress.getByAddress(new byte[] {127, OURS, (byte) third, (byte) fourth});
      return binds(wanted, 0) ? wanted : InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  private static boolean binds(InetAddress address, int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(address, port));
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  String host() {
    return address.getHostAddress();
  }

  /// `host:port` that nothing uses.
  String freeAddress() {
    for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
      var port = random.nextInt(LOWEST_PORT, HIGHEST_PORT);
      if (binds(address, port)) {
        return host() + ":" + port;
      }
    }
    throw new QuickstartException(
        "no free port found on " + host() + " between " + LOWEST_PORT + " and " + HIGHEST_PORT);
  }
}
