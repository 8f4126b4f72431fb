package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.FakeStore;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidRefusedException;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.TestAuthority;
import io.vertx.core.Vertx;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A peer of another trust domain")
class OpenPeersTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final TrustDomain PARTNER = TrustDomain.parse("partner.example");
  private static final String ADMIN = "spiffe://partner.example/admin";

  private final Vertx vertx = Vertx.vertx();
  private final TestAuthority partner = TestAuthority.of("partner.example");
  private final List<TrustDomain> asked = new ArrayList<>();

  @AfterEach
  void close() {
    vertx.close();
  }

  @Test
  void isRefusedWithoutALookAtItsBundleWhereNobodyOfItAdministers() {
    assertThatThrownBy(() -> connect(partner, "/admin", Set.of()))
        .isInstanceOf(SvidRefusedException.class)
        .hasMessageContaining("no X.509 authority of partner.example");

    assertThat(asked).isEmpty();
  }

  @Test
  void isRefusedWithoutALookAtItsBundleWhereThoseOfAThirdDomainAdminister() {
    var third = Set.of(SpiffeId.parse("spiffe://third.example/admin"));

    assertThatThrownBy(() -> connect(partner, "/admin", third))
        .isInstanceOf(SvidRefusedException.class);

    assertThat(asked).isEmpty();
  }

  @Test
  void isLetInAsAnAdministrator() {
    assertThatCode(() -> connect(partner, "/admin", Set.of(SpiffeId.parse(ADMIN))))
        .doesNotThrowAnyException();

    assertThat(asked).containsExactly(PARTNER);
  }

  @Test
  void isNotLetInBesideAnAdministratorOfItsDomain() {
    assertThatThrownBy(() -> connect(partner, "/other", Set.of(SpiffeId.parse(ADMIN))))
        .hasMessageContaining("spiffe://partner.example/other is not a peer that is let in here");
  }

  private void connect(TestAuthority authority, String path, Set<SpiffeId> adminIds)
      throws CertificateException {
    var bundles = BundleSource.of(partner.bundle());
    BundleSource held =
        domain -> {
          asked.add(domain);
          return bundles.find(domain);
        };
    var peers =
        new OpenPeers(
            vertx,
            DOMAIN,
            adminIds,
            new OwnBundle(DOMAIN, new FakeStore(), Duration.ofMinutes(5)),
            () -> held,
            InstantSource.system(),
            _ -> {});
    var chain = authority.issue(path).chain().toArray(X509Certificate[]::new);
    peers.trustManager().checkClientTrusted(chain, "EC");
  }
}
