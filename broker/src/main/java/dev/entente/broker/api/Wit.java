package dev.entente.broker.api;

import io.vertx.core.Future;

/// WIT-SVIDs, which this broker does not issue. The methods are bound, so that a caller reads why.
final class Wit {
  private Wit() {}

  static <A> Future<A> unsupported() {
    return Future.failedFuture(Refusal.unsupported("WIT-SVIDs are not issued here").failure());
  }
}
