package dev.entente.bench;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.Authorities;
import dev.entente.broker.authority.AuthorityOptions;
import dev.entente.broker.authority.CryptoProvider;
import dev.entente.broker.authority.JwtIssuer;
import dev.entente.broker.authority.JwtProfile;
import dev.entente.broker.authority.JwtSvidRequest;
import dev.entente.broker.authority.MemoryKeyManager;
import dev.entente.broker.authority.PreparedToken;
import dev.entente.broker.authority.PreparedX509Svid;
import dev.entente.broker.authority.SigningGuard;
import dev.entente.broker.authority.TokenDecision;
import dev.entente.broker.authority.WitProfile;
import dev.entente.broker.authority.X509Decision;
import dev.entente.broker.authority.X509Issuer;
import dev.entente.broker.authority.X509Profile;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.Store;
import dev.entente.broker.store.StoreOptions;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// A broker's issuers as a broker has them, with the authorities of a store in a directory of its
/// own, without the edge around them.
final class SigningBench implements AutoCloseable {
  static final TrustDomain DOMAIN = TrustDomain.parse("bench.example");

  private static final SpiffeId WORKLOAD = SpiffeId.of(DOMAIN, "/ns/prod/sa/api");
  private static final Duration REFRESH_HINT = Duration.ofMinutes(5);

  private final Path directory;
  private final Store store;
  private final Authorities authorities;
  private final OwnBundle bundle;

  private SigningBench(Path directory, Store store, Authorities authorities, OwnBundle bundle) {
    this.directory = directory;
    this.store = store;
    this.authorities = authorities;
    this.bundle = bundle;
  }

  /// Makes authorities of both kinds, ready to sign, with the crypto provider a broker has.
  static SigningBench open() {
    CryptoProvider.install();
    var directory = Directories.makeTemporary();
    var clock = InstantSource.system();
    var store = Store.open(new StoreOptions(directory.resolve("data"), DOMAIN, clock));
    var bundle = new OwnBundle(DOMAIN, store.bundles(), REFRESH_HINT);
    var authorities =
        new Authorities(
            AuthorityOptions.of(DOMAIN, "bench"),
            new MemoryKeyManager(),
            Optional.empty(),
            store.journal(),
            bundle,
            new Unrecorded(),
            X509Profile.of(DOMAIN),
            JwtProfile.of(DOMAIN),
            WitProfile.of(DOMAIN),
            SigningGuard.NONE,
            clock,
            new SecureRandom());
    Answers.of(bundle.load().compose(_ -> authorities.start()));
    return new SigningBench(directory, store, authorities, bundle);
  }

  /// What the JMH ceiling counts as one X509-SVID: CSR parsed, its signature verified, the request
  /// checked, the certificate encoded and signed.
  List<byte[]> issueX509(byte[] csr) {
    var key = CertificateRequest.parse(csr).publicKey();
    var request = new X509SvidRequest.Workload(WORKLOAD, key, Duration.ZERO, List.of());
    X509Issuer issuer = authorities.x509Issuer();
    return switch (issuer.prepare(request)) {
      case PreparedX509Svid prepared -> issuer.issue(prepared).chain();
      case X509Decision.Refused(_, var detail) -> throw new IllegalStateException(detail);
    };
  }

  /// One JWT-SVID for an audience, which decides the algorithm.
  String issueJwt(List<String> audience) {
    var request = new JwtSvidRequest(WORKLOAD, audience, Duration.ZERO, false);
    JwtIssuer issuer = authorities.jwtIssuer();
    return switch (issuer.prepare(request)) {
      case PreparedToken prepared -> issuer.issue(prepared).token();
      case TokenDecision.Refused(_, var detail) -> throw new IllegalStateException(detail);
    };
  }

  /// The bundle that verifies what was issued.
  SpiffeBundle bundle() {
    return bundle.current();
  }

  @Override
  public void close() {
    authorities.close();
    store.close();
    Directories.delete(directory);
  }

  /// Ceilings are measured without the audit log; the load generator measures with it.
  private static final class Unrecorded implements AuditTrail {
    @Override
    public Future<Void> intent(AuditEvent event) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> result(AuditEvent event) {
      return Future.succeededFuture();
    }
  }
}
