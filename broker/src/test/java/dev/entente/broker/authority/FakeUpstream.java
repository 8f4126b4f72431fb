package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;

import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A server above ours with the real contract: it takes only the key of a request that its sender
/// signed, signs with the authority that is active, and publishes what it is given. It can be told
/// to be away, and to lose an answer after the call took effect. For tests of one thread at a time.
final class FakeUpstream implements UpstreamServer {
  private final InstantSource clock;
  private X509SigningAuthority active = TestIssuers.x509Authority(KeyAlgorithm.EC_P256);
  private SpiffeBundle bundle =
      SpiffeBundle.empty(DOMAIN)
          .withX509Authorities(List.of(X509Authority.of(active.certificate())));
  private boolean away;
  private boolean losesAnswers;

  FakeUpstream(InstantSource clock) {
    this.clock = clock;
  }

  SpiffeBundle bundle() {
    return bundle;
  }

  void change(SpiffeBundle next) {
    bundle = next;
  }

  void away(boolean now) {
    away = now;
  }

  void losesAnswers(boolean now) {
    losesAnswers = now;
  }

  X509Authority root() {
    return X509Authority.of(active.certificate());
  }

  /// Signs with another root from now on, which its bundle has beside the old one.
  X509Authority rotate() {
    active = TestIssuers.x509Authority(KeyAlgorithm.EC_P256, Duration.ofDays(30));
    var roots = new ArrayList<>(bundle.x509Authorities());
    roots.add(root());
    bundle = bundle.withX509Authorities(roots);
    return root();
  }

  @Override
  public synchronized Future<Certified> certify(byte[] csr, Duration ttl) {
    if (away) {
      return Future.failedFuture("UNAVAILABLE: away");
    }
    var request = CertificateRequest.parse(csr);
    if (!request.uris().equals(List.of(DOMAIN.id().toString()))) {
      return Future.failedFuture("INVALID_ARGUMENT: not of the trust domain: " + request.uris());
    }
    var issuer =
        new X509Issuer(
            X509Profile.of(DOMAIN),
            clock,
            TestIssuers.RANDOM,
            () -> Optional.of(active),
            Optional::empty);
    var prepared = issuer.prepare(new X509SvidRequest.DownstreamCa(request.publicKey(), ttl));
    var chain =
        issuer.issue((PreparedX509Svid) prepared).chain().stream()
            .map(Certificates::parse)
            .toList();
    return answer(new Certified(chain, certificates()));
  }

  private List<X509Certificate> certificates() {
    return bundle.x509Authorities().stream().map(X509Authority::certificate).toList();
  }

  @Override
  public synchronized Future<List<JwtAuthority>> publish(JwtAuthority key) {
    if (away) {
      return Future.failedFuture("UNAVAILABLE: away");
    }
    if (bundle.jwtAuthority(key.keyId()).isEmpty()) {
      var keys = new ArrayList<>(bundle.jwtAuthorities());
      keys.add(key);
      bundle = bundle.withJwtAuthorities(keys);
    }
    return answer(bundle.jwtAuthorities());
  }

  private <T> Future<T> answer(T value) {
    return losesAnswers
        ? Future.failedFuture("DEADLINE_EXCEEDED: the answer was lost")
        : Future.succeededFuture(value);
  }

  @Override
  public String address() {
    return "above.example:8081";
  }
}
