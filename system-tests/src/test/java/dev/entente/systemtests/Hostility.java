package dev.entente.systemtests;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/// Something that a hostile client does.
interface Hostility {
  /// Does it once. Returns when it is done or the listener has had enough of it; what lasts returns
  /// once it is over.
  void once(Target target, CountDownLatch over) throws IOException;

  /// Its name, by which another process finds it.
  String name();

  /// Everything there is.
  static Stream<Hostility> all() {
    return Stream.concat(Stream.of(Flood.values()), Stream.of(Burden.values()));
  }

  /// Whom it is done to.
  ///
  /// @param listener `host:port`, or the path of a Unix socket
  /// @param network the first three numbers of addresses of this machine from which it is done
  /// @param call header fields of a call that the listener knows
  record Target(String listener, String network, byte[] call) {
    boolean isLocal() {
      return listener.startsWith("/");
    }

    RawHttp2 open() throws IOException {
      return open(0, true);
    }

    /// Opens a connection from one of many addresses.
    ///
    /// @param reads whether what comes is read
    RawHttp2 open(int address, boolean reads) throws IOException {
      return RawHttp2.at(listener, from(address), reads);
    }

    String from(int address) {
      return network + "." + (address + 1);
    }
  }
}
