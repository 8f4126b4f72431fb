package dev.entente.broker.api;

import io.vertx.core.Future;

/// WIT-SVIDs while they are switched off. The methods are bound, so that a caller reads why.
final class Wit {
  static final Refusal UNSUPPORTED = Refusal.unsupported("WIT-SVIDs are switched off here");

  private Wit() {}

  static <A> Future<A> unsupported() {
    return Future.failedFuture(UNSUPPORTED.failure());
  }
}
