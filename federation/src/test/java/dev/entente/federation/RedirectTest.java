package dev.entente.federation;

import static dev.entente.federation.Endpoints.ENDPOINT;
import static dev.entente.federation.Endpoints.redirect;
import static dev.entente.federation.Endpoints.url;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.testkit.TestSvid;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Redirects of a bundle endpoint (SPIFFE Federation §5.2.1.4, §5.2.2.4), under both profiles.
class RedirectTest {
  private final Endpoints endpoints = new Endpoints();

  /// How the endpoints of a row prove themselves.
  enum Profile {
    WEB,
    SPIFFE
  }

  @AfterEach
  void stop() {
    endpoints.close();
  }

  @ParameterizedTest
  @CsvSource({
    "WEB, 301", "WEB, 302", "WEB, 303", "WEB, 307", "WEB, 308",
    "SPIFFE, 301", "SPIFFE, 302", "SPIFFE, 303", "SPIFFE, 307", "SPIFFE, 308",
  })
  @Tag("+FED-45")
  @Tag("+FED-47")
  @Tag("+FED-48")
  @Tag("+FED-74")
  @Tag("+FED-77")
  @Tag("+FED-78")
  @Tag("+FED-95")
  void followsARedirectAndStartsFromTheConfiguredUrlAgain(Profile profile, int status)
      throws Exception {
    var target = serve(profile, endpoints::bundle);
    var server = serve(profile, r -> redirect(r, status, url(target, "/moved")));
    var relationship = relationship(profile, server);

    assertThat(fetch(relationship)).isEqualTo(endpoints.published());
    assertThat(fetch(relationship)).isEqualTo(endpoints.published());

    assertThat(endpoints.asked).containsExactly("GET /", "GET /moved", "GET /", "GET /moved");
  }

  @ParameterizedTest
  @EnumSource
  @Tag("-FED-46")
  @Tag("-FED-75")
  void checksTheTargetAsItCheckedTheFirst(Profile profile) {
    var foreign =
        endpoints.serve(
            endpoints.stranger.issue(ENDPOINT, c -> c.dns("localhost")), endpoints::bundle);
    var misfit =
        endpoints.serve(
            profile == Profile.WEB
                ? endpoints.webCertificate("elsewhere.example")
                : endpoints.webCertificate("localhost"),
            endpoints::bundle);

    for (var target : new HttpServer[] {foreign, misfit}) {
      var server = serve(profile, r -> redirect(r, 307, url(target, "/moved")));
      assertRefused("federation/tls", relationship(profile, server));
    }
    assertThat(endpoints.asked).containsExactly("GET /", "GET /");
  }

  @ParameterizedTest
  @EnumSource(names = "SPIFFE")
  @Tag("-FED-67")
  @Tag("-FED-76")
  void goesToNoOtherIdOfTheSameTrustDomain(Profile profile) {
    var other = endpoints.serve(endpoints.partner.issue("/spire/other"), endpoints::bundle);
    var server = serve(profile, r -> redirect(r, 307, url(other, "/moved")));

    assertRefused("federation/tls", relationship(profile, server));
    assertThat(endpoints.asked).containsExactly("GET /");
  }

  @ParameterizedTest
  @CsvSource({
    "WEB, http://localhost:1/",
    "WEB, https://user@localhost:1/",
    "WEB, https:///nowhere",
    "SPIFFE, http://localhost:1/",
    "SPIFFE, https://user@localhost:1/",
    "SPIFFE, spiffe://partner.example",
  })
  @Tag("-FED-26")
  @Tag("-FED-45")
  @Tag("-FED-74")
  void goesToNothingThatIsNoEndpointUrl(Profile profile, String target) {
    var server = serve(profile, r -> redirect(r, 307, target));

    assertRefused("federation/document", relationship(profile, server));
  }

  @ParameterizedTest
  @EnumSource
  void endsACircleAfterThree(Profile profile) {
    var circle = serve(profile, r -> redirect(r, 307, "/again"));

    assertRefused("federation/redirect", relationship(profile, circle));
    assertThat(endpoints.asked).containsExactly("GET /", "GET /again", "GET /again", "GET /again");
  }

  @ParameterizedTest
  @EnumSource
  @Tag("+FED-94")
  @Tag("-FED-94")
  void followsNoneWhereTheyAreSwitchedOff(Profile profile) throws Exception {
    var target = serve(profile, endpoints::bundle);
    var server = serve(profile, r -> redirect(r, 307, url(target, "/moved")));
    var on = relationship(profile, server);
    var off = new FederationRelationship(on.trustDomain(), on.endpointUrl(), on.profile(), false);

    assertThat(fetch(on)).isEqualTo(endpoints.published());
    endpoints.asked.clear();
    assertRefused("federation/redirect", off);
    assertThat(endpoints.asked).containsExactly("GET /");
  }

  private HttpServer serve(Profile profile, Consumer<HttpServerRequest> answer) {
    return endpoints.serve(identity(profile), answer);
  }

  private TestSvid identity(Profile profile) {
    return switch (profile) {
      case WEB -> endpoints.webCertificate("localhost");
      case SPIFFE -> endpoints.partner.issue(ENDPOINT);
    };
  }

  private static FederationRelationship relationship(Profile profile, HttpServer server) {
    return switch (profile) {
      case WEB -> Endpoints.web(server, "/");
      case SPIFFE -> Endpoints.spiffe(server, "/", ENDPOINT);
    };
  }

  private SpiffeBundle fetch(FederationRelationship relationship) throws Exception {
    return endpoints.fetch(relationship, BundleSource.of(endpoints.partner.bundle()));
  }

  private void assertRefused(String code, FederationRelationship relationship) {
    assertThatThrownBy(() -> fetch(relationship))
        .isInstanceOfSatisfying(
            BundleFetchException.class,
            e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }
}
