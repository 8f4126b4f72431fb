package dev.entente.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FederationRelationshipTest {
  private static final TrustDomain PARTNER = TrustDomain.parse("partner.example");

  @ParameterizedTest
  @Tag("-FED-26")
  @Tag("-FED-49")
  @ValueSource(
      strings = {
        "http://partner.example/",
        "spiffe://partner.example",
        "//host/",
        "https:///x",
        "https:x"
      })
  void refusesAnEndpointThatIsNotHttpsWithAHost(String url) {
    assertThatThrownBy(() -> relationship(url))
        .hasMessageContaining("not an https URL with a host");
  }

  @ParameterizedTest
  @Tag("-FED-27")
  @Tag("-FED-50")
  @ValueSource(strings = {"https://u@host/x", "https://u:secret@host/x"})
  void refusesUserInfoWithoutRepeatingIt(String url) {
    assertThatThrownBy(() -> relationship(url))
        .hasMessageContaining("user info")
        .hasMessageNotContaining("secret");
  }

  @Test
  @Tag("+FED-28")
  void takesAnyPortPathAndQuery() {
    assertThat(relationship("https://192.0.2.1:8443/a/b?c=d").endpointUrl().getPort())
        .isEqualTo(8443);
  }

  @Test
  @Tag("-FED-51")
  void refusesAnEndpointIdThatNamesNobodyInParticular() {
    assertThatThrownBy(
            () -> new EndpointProfile.HttpsSpiffe(SpiffeId.parse("spiffe://partner.example")))
        .hasMessageContaining("no path");
  }

  private static FederationRelationship relationship(String url) {
    return new FederationRelationship(
        PARTNER, URI.create(url), new EndpointProfile.HttpsWeb(), true);
  }
}
