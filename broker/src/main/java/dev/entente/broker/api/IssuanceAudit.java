package dev.entente.broker.api;

import dev.entente.broker.authority.IssuedJwtSvid;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.broker.authority.PreparedJwtSvid;
import dev.entente.broker.authority.PreparedX509Svid;
import io.vertx.core.Future;
import java.util.List;

/// What issuing tells the audit log: the intent before any signature, the result after it.
interface IssuanceAudit {
  /// These are about to be signed; durable when the future succeeds.
  Future<Void> intent(Caller caller, String method, List<PreparedX509Svid> prepared);

  /// This is about to be signed; durable when the future succeeds.
  Future<Void> intent(Caller caller, String method, PreparedJwtSvid prepared);

  /// These were signed.
  void issued(Caller caller, String method, List<IssuedX509Svid> svids);

  /// This was signed.
  void issued(Caller caller, String method, IssuedJwtSvid svid);

  /// One is about to be signed; durable when the future succeeds.
  default Future<Void> intent(Caller caller, String method, PreparedX509Svid prepared) {
    return intent(caller, method, List.of(prepared));
  }

  /// One was signed.
  default void issued(Caller caller, String method, IssuedX509Svid svid) {
    issued(caller, method, List.of(svid));
  }
}
