package dev.entente.oidc.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OidcIssuerTest {
  @ParameterizedTest
  @CsvSource({
    "https://id.example.org, id.example.org, /.well-known/openid-configuration, /keys",
    "https://id.example.org:443, id.example.org, /.well-known/openid-configuration, /keys",
    "https://id.example.org:8443/a/b, id.example.org:8443,"
        + " /a/b/.well-known/openid-configuration, /a/b/keys",
  })
  void saysUnderWhichHostAndPathsItsDocumentsStand(
      String issuer, String host, String discovery, String keys) {
    var parsed = OidcIssuer.parse(issuer);

    assertThat(parsed.host()).isEqualTo(host);
    assertThat(parsed.discoveryPath()).isEqualTo(discovery);
    assertThat(parsed.jwksPath()).isEqualTo(keys);
    assertThat(parsed).hasToString(issuer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://id.example.org",
        "id.example.org",
        "https://",
        "https://u@id.example.org",
        "https://id.example.org?x",
        "https://id.example.org#x",
        "https://id.example.org/",
        "https://ID.example.org",
        "https://id.example.org/a b",
      })
  void refusesWhatARelyingPartyWouldNotCompareAsWeDo(String issuer) {
    assertThatThrownBy(() -> OidcIssuer.parse(issuer)).hasMessageContaining("refused");
  }

  @ParameterizedTest
  @CsvSource({"255, true", "256, false"})
  void isAtMost255CharactersLong(int length, boolean accepted) {
    var issuer = "https://id.example.org/" + "a".repeat(length - 23);
    if (accepted) {
      assertThat(OidcIssuer.parse(issuer).toString()).hasSize(length);
    } else {
      assertThatThrownBy(() -> OidcIssuer.parse(issuer)).hasMessageContaining("at most 255");
    }
  }
}
