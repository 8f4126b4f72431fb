package dev.entente.rpc;

import io.vertx.core.http.HttpConnection;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The open connections of one listener. Any thread.
final class Connections {
  private final Map<HttpConnection, Connection> open = new ConcurrentHashMap<>();
  private final RequestBudget budget = new RequestBudget();

  /// Keeps a connection until it closes. Vert.x has one close handler a connection: this is it.
  Connection add(HttpConnection http, Peer peer) {
    var connection = new Connection(http, peer, budget);
    open.put(http, connection);
    http.closeHandler(_ -> {
      open.remove(http);
      connection.closed();
    });
    return connection;
  }

  Optional<Connection> find(HttpConnection http) {
    return Optional.ofNullable(open.get(http));
  }

  Collection<Connection> all() {
    return open.values();
  }
}
