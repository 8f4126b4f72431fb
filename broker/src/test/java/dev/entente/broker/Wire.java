package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;

import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/// A network between a client and the broker: it gives the client an address, can lose all answers,
/// and be cut.
final class Wire implements AutoCloseable {
  private final AtomicBoolean swallowing = new AtomicBoolean();
  private final List<NetSocket> ends = new CopyOnWriteArrayList<>();
  private final NetServer server;

  private Wire(TestBroker broker, NetClient towards) {
    server =
        broker
            .vertx
            .createNetServer()
            .connectHandler(near -> {
              near.pause();
              towards
                  .connect(broker.broker.port(), "127.0.0.1")
                  .onSuccess(far -> join(near, far))
                  .onFailure(_ -> near.close());
            });
    get(server.listen(0, "127.0.0.1"));
  }

  static Wire to(TestBroker broker) {
    return new Wire(broker, broker.vertx.createNetClient());
  }

  /// From where the broker sees another address; any of 127/8 will do.
  static Wire from(String address, TestBroker broker) {
    var options = new NetClientOptions().setLocalAddress(address);
    return new Wire(broker, broker.vertx.createNetClient(options));
  }

  private void join(NetSocket near, NetSocket far) {
    ends.add(near);
    ends.add(far);
    near.handler(far::write);
    far.handler(bytes -> {
      if (!swallowing.get()) {
        near.write(bytes);
      }
    });
    near.closeHandler(_ -> far.close());
    far.closeHandler(_ -> near.close());
    near.resume();
  }

  int port() {
    return server.actualPort();
  }

  void swallowAnswers() {
    swallowing.set(true);
  }

  void cut() {
    ends.forEach(NetSocket::close);
  }

  @Override
  public void close() {
    get(server.close());
  }
}
