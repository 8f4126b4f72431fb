package dev.entente.broker;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.Purpose;
import dev.entente.broker.audit.AuditEvent.X509Item;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.CryptoPool;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import io.vertx.core.Future;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The broker's own X.509-SVID, `spiffe://<trust domain>/spire/server`, renewed at half of its life
/// and as soon as whoever signed it is tainted or gone. Its key lives in memory and changes with
/// it.
final class ServerIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(ServerIdentity.class);

  private final X509Issuer issuer;
  private final CryptoPool crypto;
  private final OwnBundle bundle;
  private final AuditTrail trail;
  private final InstantSource clock;

  /// Written by [#renew()] alone, of which one runs at a time.
  private volatile Optional<Held> held = Optional.empty();

  private volatile boolean renewing;

  ServerIdentity(
      X509Issuer issuer,
      CryptoPool crypto,
      OwnBundle bundle,
      AuditTrail trail,
      InstantSource clock) {
    this.issuer = issuer;
    this.crypto = crypto;
    this.bundle = bundle;
    this.trail = trail;
    this.clock = clock;
  }

  private record Held(TlsIdentity identity, Instant renewAt, Instant notAfter) {}

  /// What to show in handshakes; empty before the first, and once it has expired.
  Optional<TlsIdentity> current() {
    return held.filter(h -> clock.instant().isBefore(h.notAfter())).map(Held::identity);
  }

  /// Renews if it is time. Called every few seconds, from one thread at a time.
  Future<Void> tick() {
    if (renewing || held.filter(this::isFresh).isPresent()) {
      return Future.succeededFuture();
    }
    renewing = true;
    return renew().onComplete(_ -> renewing = false);
  }

  /// Whoever believes only what nobody is to leave must believe it: an authority may stand under a
  /// root of somebody else's, so its own id says nothing.
  private boolean isFresh(Held h) {
    var now = clock.instant();
    return now.isBefore(h.renewAt())
        && X509SvidVerifier.verify(h.identity().chain(), BundleSource.of(untainted()), now)
            instanceof X509Verdict.Verified;
  }

  private SpiffeBundle untainted() {
    var current = bundle.current();
    return current.withX509Authorities(
        current.x509Authorities().stream().filter(authority -> !authority.tainted()).toList());
  }

  private Future<Void> renew() {
    return crypto.submit(KeyAlgorithm.EC_P256::generate).compose(this::issue);
  }

  private Future<Void> issue(KeyPair keys) {
    return switch (issuer.prepare(new X509SvidRequest.Server(keys.getPublic()))) {
      case X509Decision.Refused(var code, var detail) ->
          Future.failedFuture(
              new IllegalStateException("server SVID not issued: " + code + ": " + detail));
      case PreparedX509Svid prepared -> sign(keys, prepared);
    };
  }

  private Future<Void> sign(KeyPair keys, PreparedX509Svid prepared) {
    var item =
        new X509Item(
            "", prepared.id(), prepared.serial(), prepared.notAfter(), "", prepared.authorityId());
    var event = new AuditEvent.X509Issuance(AuditOrigin.system(), Purpose.SERVER, List.of(item));
    return trail
        .intent(event)
        .compose(_ -> crypto.submit(() -> issuer.issue(prepared)))
        .map(svid -> {
          hold(keys, svid);
          trail.result(AuditEvent.Completion.success(event, ""));
          return null;
        });
  }

  private void hold(KeyPair keys, IssuedX509Svid svid) {
    var chain = svid.chain().stream().map(Certificates::parse).toList();
    var life = Duration.between(svid.notBefore(), svid.notAfter());
    held =
        Optional.of(
            new Held(
                new TlsIdentity(keys.getPrivate(), chain),
                svid.notBefore().plus(life.dividedBy(2)),
                svid.notAfter()));
    LOG.atInfo()
        .addKeyValue(Fields.EXPIRES_AT, svid.notAfter())
        .addKeyValue(Fields.AUTHORITY_ID, svid.authorityId())
        .log("Renewed the broker's SVID");
  }
}
