package dev.entente.rpc;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What a handler may know about a call besides its request. Any thread may ask.
public interface CallContext {
  /// Service and method, as in `spire.api.server.agent.v1.Agent/GetAgent`.
  String fullMethodName();

  /// Who calls.
  Peer peer();

  /// Finds the first value of a request header, by its lower-case name.
  Optional<String> metadata(String name);

  /// Finds every value of a request header, by its lower-case name, in the order sent.
  List<String> metadataValues(String name);

  /// How long the caller still waits; empty if it waits for ever.
  Optional<Duration> timeLeft();

  /// Tells connections apart; never reused in this process.
  long connectionId();

  /// Runs `hook` when the connection is closed, at once if it already is. Hooks are kept until
  /// then: add one a connection, not one a call.
  void onConnectionClose(Runnable hook);
}
