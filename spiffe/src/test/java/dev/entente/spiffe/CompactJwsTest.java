package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.testkit.TestAuthority;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What can be had of a platform's token before and after its key is known.
final class CompactJwsTest {
  private final TestAuthority authority = TestAuthority.of("example.org");

  @Test
  void tellsBeforeItsKeyIsKnownOnlyWhatFindsTheKey() {
    var jws =
        CompactJws.parse(authority.token("/a", "db").claim("iss", "https://i.example").sign());

    assertThat(jws.algorithm()).isEqualTo(JwsAlgorithm.ES256);
    assertThat(jws.keyId()).contains("jwt-1");
    assertThat(jws.claimedIssuer()).contains("https://i.example");
  }

  @Test
  void hasNoIssuerUnlessItIsAText() {
    var token = authority.token("/a", "db");

    assertThat(CompactJws.parse(token.sign()).claimedIssuer()).isEmpty();
    assertThat(CompactJws.parse(token.claim("iss", 1L).sign()).claimedIssuer()).isEmpty();
    assertThat(CompactJws.parse(token.withoutHeader("kid").sign()).keyId()).isEmpty();
  }

  @Test
  void givesItsClaimsToWhoeverHasTheKeyThatSignedThem() {
    var jws = CompactJws.parse(authority.token("/a", "db").claim("role", "web").sign());

    assertThat(jws.claimsIfSignedBy(authority.jwtKeyPair().getPublic()))
        .hasValueSatisfying(claims -> assertThat(claims).containsEntry("role", "web"));
    assertThat(jws.claimsIfSignedBy(authority.keyPair().getPublic())).isEmpty();
  }

  @Test
  void passesOverTheDigestOfACertificateAndNothingElseThatNamesAKey() {
    var token = authority.token("/a", "db").header("x5t", "digest");

    assertThat(CompactJws.parse(token.sign()).keyId()).contains("jwt-1");
    for (var name : List.of("x5t#S256", "x5c", "x5u", "jwk", "jku", "crit", "b64")) {
      var other = authority.token("/a", "db").header(name, "x").sign();
      assertThatThrownBy(() -> CompactJws.parse(other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("\"" + name + "\"");
    }
  }
}
