package dev.entente.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;

/// A way to a broker that begins at another loopback address: a broker counts by address, and the
/// nodes of a fleet have more than one.
record OtherAddress(NetServer server) {
  /// @param from one of 127.0.0.0/8
  static OtherAddress open(Vertx vertx, String from, int brokerPort) {
    var towards = vertx.createNetClient(new NetClientOptions().setLocalAddress(from));
    var server = vertx.createNetServer().connectHandler(near -> join(near, towards, brokerPort));
    return new OtherAddress(Answers.of(server.listen(0, "127.0.0.1")));
  }

  private static void join(NetSocket near, NetClient towards, int brokerPort) {
    near.pause();
    towards
        .connect(brokerPort, "127.0.0.1")
        .onSuccess(far -> Future.all(near.pipeTo(far), far.pipeTo(near)))
        .onFailure(_ -> near.close());
  }

  int port() {
    return server.actualPort();
  }
}
