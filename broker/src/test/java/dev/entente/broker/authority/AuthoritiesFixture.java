package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static dev.entente.broker.authority.TestIssuers.WORKLOAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/// Authorities over a store, keys, an audit log and a clock that a test turns.
abstract class AuthoritiesFixture {
  static final AuditOrigin ADMIN = AuditOrigin.of(java.util.Map.of("kind", "admin"));

  final ManualClock clock = ManualClock.at(NOW);

  /// What the registry says of pauses.
  volatile Optional<String> objection = Optional.empty();

  volatile long pauses;

  /// Who signs the X.509 authorities of those made after.
  Optional<UpstreamAuthority> upstream = Optional.empty();

  final FakeStore store = new FakeStore();
  final RecordedAudit audit = new RecordedAudit();
  final KeyManager durableKeys = new KeptKeys();
  final List<Authorities> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Authorities::close);
  }

  void assertRefused(Future<AuthorityOutcome> outcome, Code code) {
    assertThat(get(outcome))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  String prepared(Authorities authorities) {
    return ((Done) get(authorities.prepareX509(ADMIN))).authority().authorityId();
  }

  void tickAt(Authorities authorities, Duration afterStart) {
    clock.set(NOW.plus(afterStart));
    get(authorities.tick());
  }

  Authorities started(KeyManager keys) {
    return started(keys, options());
  }

  Authorities started(KeyManager keys, AuthorityOptions options) {
    var authorities = authorities(keys, options);
    get(authorities.start());
    return authorities;
  }

  Authorities authorities(KeyManager keys, AuthorityOptions options) {
    var bundle = new OwnBundle(DOMAIN, store, options.refreshHint());
    var authorities =
        new Authorities(
            options,
            keys,
            upstream,
            store,
            bundle,
            audit,
            X509Profile.of(DOMAIN),
            JwtProfile.of(DOMAIN),
            WitProfile.of(DOMAIN),
            new SigningGuard(() -> objection, () -> pauses),
            clock,
            new SecureRandom());
    opened.add(authorities);
    return authorities;
  }

  static AuthorityOptions options() {
    return AuthorityOptions.of(DOMAIN, "member");
  }

  static AuthorityOptions withWit() {
    return options(true, false);
  }

  static AuthorityOptions replacingLostKeys() {
    return options(false, true);
  }

  private static AuthorityOptions options(boolean wit, boolean replaceLostKeys) {
    return new AuthorityOptions(
        DOMAIN,
        "member",
        KeyAlgorithm.EC_P256,
        SubjectName.SPIRE,
        Duration.ofDays(1),
        Duration.ofMinutes(5),
        Duration.ofHours(1),
        true,
        wit,
        replaceLostKeys);
  }

  static X509SvidRequest request() {
    return new X509SvidRequest.Workload(
        WORKLOAD, KeyAlgorithm.EC_P256.generate().getPublic(), Duration.ZERO, List.of());
  }

  IssuedX509Svid issueX509(Authorities authorities) throws Exception {
    var issuer = authorities.x509Issuer();
    var issued = issuer.issue((PreparedX509Svid) issuer.prepare(request()));
    var authority =
        store.ownBundle().orElseThrow().x509Authority(issued.authorityId()).orElseThrow();
    X509SigningAuthority.read(issued.chain().getFirst())
        .verify(authority.certificate().getPublicKey());
    return issued;
  }

  IssuedJwtSvid issueJwt(Authorities authorities) {
    var issuer = authorities.jwtIssuer();
    var request = new JwtSvidRequest(WORKLOAD, List.of("a"), Duration.ZERO, false);
    var issued = issuer.issue((PreparedToken) issuer.prepare(request));
    assertThat(store.ownBundle().orElseThrow().jwtAuthority(issued.keyId())).isPresent();
    return issued;
  }

  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException fault) {
        throw fault;
      }
      throw new AssertionError(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /// Keys in memory that say they survive a restart, as files do; the instance is the disk.
  static final class KeptKeys implements KeyManager {
    private final MemoryKeyManager keys = new MemoryKeyManager();

    @Override
    public SigningKey generate(String keyId, KeyAlgorithm algorithm) {
      return keys.generate(keyId, algorithm);
    }

    @Override
    public java.util.Optional<SigningKey> find(String keyId) {
      return keys.find(keyId);
    }

    @Override
    public void delete(String keyId) {
      keys.delete(keyId);
    }

    @Override
    public List<SigningKey> list() {
      return keys.list();
    }

    @Override
    public boolean survivesRestart() {
      return true;
    }
  }
}
