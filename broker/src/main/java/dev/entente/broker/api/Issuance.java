package dev.entente.broker.api;

import com.google.protobuf.ByteString;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.IssuedJwtSvid;
import dev.entente.broker.authority.IssuedWitSvid;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.broker.authority.JwtIssuer;
import dev.entente.broker.authority.JwtSvidRequest;
import dev.entente.broker.authority.PreparedToken;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.TokenDecision;
import dev.entente.broker.authority.WitIssuer;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Digests;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/// Signs, always in the same order: prepared (every rule passed), intent durable, signed, result
/// noted.
final class Issuance {
  private final X509Issuer x509;
  private final JwtIssuer jwt;
  private final CryptoPool crypto;
  private final AuditTrail trail;
  private final Counter x509Issued;
  private final Counter jwtIssued;
  private final Counter witIssued;

  Issuance(
      X509Issuer x509, JwtIssuer jwt, CryptoPool crypto, AuditTrail trail, MeterRegistry meters) {
    this.x509 = x509;
    this.jwt = jwt;
    this.crypto = crypto;
    this.trail = trail;
    this.x509Issued = issued(meters, "x509");
    this.jwtIssued = issued(meters, "jwt");
    this.witIssued = issued(meters, "wit");
  }

  private static Counter issued(MeterRegistry meters, String kind) {
    return Counter.builder("entente.broker.svids.issued")
        .description("SVIDs signed for workloads, administrators and brokers below us")
        .tag("kind", kind)
        .register(meters);
  }

  /// Reads a request and verifies that its sender holds the key, off the event loop: the key may be
  /// RSA.
  Future<CertificateRequest> parse(ByteString der) {
    if (der.isEmpty()) {
      return Future.failedFuture(Refusal.invalid("csr is missing").failure());
    }
    return crypto.submit(() -> Failures.read(() -> parse(der.toByteArray())));
  }

  private static CertificateRequest parse(byte[] der) {
    try {
      return CertificateRequest.parse(der);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("csr: " + e.getMessage(), e);
    }
  }

  /// Checks a request against every rule; signs nothing.
  X509Decision prepare(X509SvidRequest request) {
    return x509.prepare(request);
  }

  /// Issues one X.509-SVID of no entry.
  Future<IssuedX509Svid> x509(
      Caller caller, Purpose purpose, X509SvidRequest request, ByteString csr) {
    return switch (x509.prepare(request)) {
      case X509Decision.Refused refused ->
          Future.failedFuture(IssuanceRefusals.of(refused).failure());
      case PreparedX509Svid prepared ->
          x509(
                  caller,
                  purpose,
                  List.of(new X509Order(prepared, "", "", Digests.sha256Hex(csr.toByteArray()))),
                  (_, svid) -> svid)
              .map(List::getFirst);
    };
  }

  /// Issues what was prepared, in that order.
  ///
  /// @param written makes of an order and its SVID what is answered, on the pool
  <A> Future<List<A>> x509(
      Caller caller,
      Purpose purpose,
      List<X509Order> orders,
      BiFunction<X509Order, IssuedX509Svid, A> written) {
    if (orders.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    var event =
        new AuditEvent.X509Issuance(
            Audit.origin(caller), purpose, orders.stream().map(X509Order::auditItem).toList());
    return recorded(
            event,
            () ->
                crypto.submitEach(
                    orders, order -> written.apply(order, x509.issue(order.prepared()))))
        .onSuccess(svids -> x509Issued.increment(svids.size()));
  }

  /// Issues a JWT-SVID. One P-256 signature is made where we are; RSA goes to the pool.
  ///
  /// @param entryId the registration entry that grants it, empty if none does
  Future<IssuedJwtSvid> jwt(Caller caller, String entryId, JwtSvidRequest request) {
    return switch (jwt.prepare(request)) {
      case TokenDecision.Refused refused ->
          Future.failedFuture(IssuanceRefusals.of(refused).failure());
      case PreparedToken prepared ->
          recorded(
                  new AuditEvent.JwtIssuance(
                      Audit.origin(caller),
                      entryId,
                      prepared.id(),
                      request.audience(),
                      prepared.expiresAt(),
                      prepared.keyId(),
                      prepared.jti().orElse("")),
                  () -> sign(prepared))
              .onSuccess(_ -> jwtIssued.increment());
    };
  }

  /// Issues WIT-SVIDs that were prepared, in that order.
  ///
  /// @param written makes of an order and its SVID what is answered, on the pool
  <A> Future<List<A>> wit(
      WitIssuer issuer,
      Caller caller,
      List<WitOrder> orders,
      BiFunction<WitOrder, IssuedWitSvid, A> written) {
    if (orders.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    var event =
        new AuditEvent.WitIssuance(
            Audit.origin(caller), orders.stream().map(WitOrder::auditItem).toList());
    return recorded(
            event,
            () ->
                crypto.submitEach(
                    orders, order -> written.apply(order, issuer.issue(order.prepared()))))
        .onSuccess(svids -> witIssued.increment(svids.size()));
  }

  /// Signs between the durable intent and its result.
  <T> Future<T> recorded(AuditEvent event, Supplier<Future<T>> signing) {
    return trail
        .intent(event)
        .compose(_ -> signing.get())
        .onComplete(outcome -> trail.result(completion(event, outcome.failed())));
  }

  private static AuditEvent completion(AuditEvent event, boolean failed) {
    return failed
        ? AuditEvent.Completion.failed(event, "signing")
        : AuditEvent.Completion.success(event, "");
  }

  private Future<IssuedJwtSvid> sign(PreparedToken prepared) {
    return prepared.isSlowToSign()
        ? crypto.submit(() -> jwt.issue(prepared))
        : Future.succeededFuture(jwt.issue(prepared));
  }

  /// Applies `work` to each item on the pool, in slices.
  <Q, A> Future<List<A>> each(List<Q> items, Function<Q, A> work) {
    return crypto.submitEach(items, work);
  }
}
