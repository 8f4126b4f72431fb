package dev.entente.rpc;

import io.vertx.core.http.HttpConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// One accepted connection: who is there, which calls are open, what to do when it goes.
final class Connection {
  private static final AtomicLong IDS = new AtomicLong();

  private final long id = IDS.incrementAndGet();
  private final HttpConnection http;
  private final Peer peer;
  private final Set<ServerCall<?, ?>> openStreams = ConcurrentHashMap.newKeySet();

  // Guarded by this object.
  private final List<Runnable> closeHooks = new ArrayList<>();
  private boolean closed;

  private final AtomicBoolean retired = new AtomicBoolean();

  // Belong to the connection's event loop.
  private int streamsSeen = -1;
  private int looksUnused;

  private final RequestBudget.Share requests;

  Connection(HttpConnection http, Peer peer, RequestBudget budget) {
    this.http = http;
    this.peer = peer;
    this.requests = budget.shareOf(peer);
  }

  long id() {
    return id;
  }

  HttpConnection http() {
    return http;
  }

  Peer peer() {
    return peer;
  }

  /// What requests of this peer may occupy.
  RequestBudget.Share requests() {
    return requests;
  }

  Set<ServerCall<?, ?>> openStreams() {
    return openStreams;
  }

  /// Ends every open stream, so that its caller reads a reason and not a broken pipe.
  void failStreams(RpcStatus why) {
    openStreams.forEach(call -> call.fail(why));
  }

  /// Whether this is the first time it is asked to go.
  boolean retire() {
    return retired.compareAndSet(false, true);
  }

  /// In how many looks in a row, this one included, nothing was open or had been asked since the
  /// look before.
  int unusedFor(int openStreams, int lastStream) {
    boolean unused = openStreams == 0 && lastStream == streamsSeen;
    streamsSeen = lastStream;
    looksUnused = unused ? looksUnused + 1 : 0;
    return looksUnused;
  }

  void onClose(Runnable hook) {
    synchronized (this) {
      if (!closed) {
        closeHooks.add(hook);
        return;
      }
    }
    hook.run();
  }

  /// Runs the hooks; called once, by the connection's close handler.
  void closed() {
    List<Runnable> hooks;
    synchronized (this) {
      closed = true;
      hooks = List.copyOf(closeHooks);
      closeHooks.clear();
    }
    hooks.forEach(Runnable::run);
  }
}
