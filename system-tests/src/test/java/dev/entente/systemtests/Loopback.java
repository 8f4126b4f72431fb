package dev.entente.systemtests;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;

/// A loopback address of our own, so that two runs on one machine never want the same port.
///
/// A port that was free a moment ago may be taken by the time a broker binds it. Few programs
/// listen on 127.66.x.y, and the kernel gives no port below 32768 away by itself.
final class Loopback {
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 32_000;

  private final InetAddress address;

  private Loopback(InetAddress address) {
    this.address = address;
  }

  static Loopback fresh() {
    var random = ThreadLocalRandom.current();
    var bytes = new byte[] {127, 66, (byte) random.nextInt(1, 255), (byte) random.nextInt(1, 255)};
    try {
      return new Loopback(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  /// `host:port`, free now.
  String freeAddress() {
    for (var attempt = 0; attempt < 100; attempt++) {
      var port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      try (var socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(address, port));
        return address.getHostAddress() + ":" + port;
      } catch (IOException _) {
        // Taken: try another.
      }
    }
    throw new IllegalStateException("no free port on " + address.getHostAddress());
  }
}
