package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SecretStream.names;
import static dev.entente.agent.endpoint.SecretStream.secrets;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.wire.envoy.tls.CertificateValidationContext;
import dev.entente.wire.envoy.tls.SPIFFECertValidatorConfig;
import dev.entente.wire.envoy.tls.Secret;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is answered to whom. [SecretPushTest] is about what follows on an open stream,
/// [SecretDeltaTest] about the other protocol.
class SecretDiscoveryTest extends SecretDiscoveryCalls {
  private static final AgentEntry API = entry("api", "unix:uid:1");
  private static final AgentEntry WEB =
      federatingWith(entry("web", "unix:uid:1"), "partner.example");
  private static final String OWN = "spiffe://example.org";
  private static final String PARTNER = "spiffe://partner.example";

  @Test
  void answersEverythingToARequestWithoutNames() throws Exception {
    sds.source().setEntries(API, WEB, flagged(entry("vault", "unix:uid:1"), false, false, true));

    assertThat(names(sds.open().ask().next()))
        .containsExactly(OWN, PARTNER, OWN + "/api", OWN + "/web");
    assertThat(names(sds.open().ask("*").next()))
        .containsExactly(OWN, PARTNER, OWN + "/api", OWN + "/web");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "default | default",
        "ROOTCA | ROOTCA",
        "ALL | ALL",
        "spiffe://example.org | spiffe://example.org",
        "spiffe://partner.example | spiffe://partner.example",
        "spiffe://example.org/web | spiffe://example.org/web",
        "default,ROOTCA | ROOTCA,default",
        "default,spiffe://example.org/api | default,spiffe://example.org/api",
        "ROOTCA,ALL,spiffe://example.org | ALL,ROOTCA,spiffe://example.org",
        "default,,default | default",
      })
  void answersWhatIsNamed(String asked, String answered) throws Exception {
    sds.source().setEntries(API, WEB);

    assertThat(names(sds.open().ask(asked.split(",", -1)).next()))
        .containsExactly(answered.split(",", -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://example.org/other",
        "spiffe://elsewhere.example",
        "spiffe://example.org/vault",
        "default,nonsense",
        "Default",
        "rootca",
        "file_system_key",
      })
  void endsTheStreamAtANameThatIsNotGranted(String asked) {
    sds.source().setEntries(API, WEB, flagged(entry("vault", "unix:uid:1"), false, false, true));

    assertThat(sds.open().ask(asked.split(",", -1)).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(sds.fetchCode(asked.split(",", -1))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void givesTheDefaultIdentityWithItsKey() throws Exception {
    sds.source().setEntries(WEB, API);

    var certificate = secrets(sds.open().ask("default").next()).getFirst().getTlsCertificate();

    var chain = Pem.certificates(certificate.getCertificateChain().getInlineBytes().toStringUtf8());
    var key = PrivateKeys.fromPem(certificate.getPrivateKey().getInlineBytes().toStringUtf8());
    assertThat(chain.getFirst().getSubjectAlternativeNames())
        .anyMatch(name -> name.contains(OWN + "/api"));
    assertThat(PrivateKeys.isPair(key, chain.getFirst().getPublicKey())).isTrue();
  }

  @Test
  void writesBundlesForTheSpiffeValidatorEachOfItsOwnTrustDomain() throws Exception {
    sds.source().setEntries(WEB);

    var all = validator(secrets(sds.open().ask("ALL").next()).getFirst());
    var own = validator(secrets(sds.open().ask("ROOTCA").next()).getFirst());

    assertThat(all.getTrustDomainsList())
        .extracting(it -> it.getName())
        .containsExactly("example.org", "partner.example");
    assertThat(
            Pem.certificates(
                all.getTrustDomains(1).getTrustBundle().getInlineBytes().toStringUtf8()))
        .containsExactly(sds.partner().x509Authorities().getFirst().certificate());
    assertThat(own.getTrustDomainsList())
        .extracting(it -> it.getName())
        .containsExactly("example.org");
  }

  @ParameterizedTest
  @CsvSource({
    // configured off, the client's version, its metadata, answered for the validator
    "false, , , true",
    "true, , , false",
    "false, 1.17.9, , false",
    "false, 1.18.0, , true",
    "false, 2.0.0, , true",
    "false, 0.19.0, , false",
    "false, , true, false",
    "false, , false, true",
    "true, , false, true",
    "true, 1.17.0, false, false",
    "true, , perhaps, false",
    "false, , text:T, false",
    "true, , text:0, true",
  })
  void choosesHowBundlesAreWritten(
      boolean disabled, String version, String metadata, boolean bySpiffe) throws Exception {
    sds.start(
        new SdsSettings("default", "ROOTCA", "ALL", disabled), false, WorkloadApiLimits.DEFAULT);
    sds.source().setEntries(API);
    var stream = sds.open().askAs(EnvoyNodes.node(version, metadata), "ROOTCA");

    var context = secrets(stream.next()).getFirst().getValidationContext();

    assertThat(context.hasCustomValidatorConfig()).isEqualTo(bySpiffe);
    assertThat(context.hasTrustedCa()).isNotEqualTo(bySpiffe);
    var all = sds.open().askAs(EnvoyNodes.node(version, metadata), "ALL");
    if (bySpiffe) {
      assertThat(names(all.next())).containsExactly("ALL");
    } else {
      assertThat(all.end()).isEqualTo(GrpcStatus.INTERNAL);
    }
  }

  @Test
  void takesOtherNamesFromTheConfiguration() throws Exception {
    sds.start(new SdsSettings("me", "home", "everyone", false), false, WorkloadApiLimits.DEFAULT);
    sds.source().setEntries(WEB);

    assertThat(names(sds.open().ask("me", "home", "everyone").next()))
        .containsExactly("everyone", "home", "me");
    assertThat(sds.open().ask("default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void leavesOutABundleThatEnvoyCouldNotLoad() throws Exception {
    sds.source().setEntries(WEB);
    sds.source().setFederated(sds.partner().withX509Authorities(List.of()));

    assertThat(names(sds.open().ask().next())).containsExactly(OWN, OWN + "/web");
    assertThat(validator(secrets(sds.open().ask("ALL").next()).getFirst()).getTrustDomainsCount())
        .isEqualTo(1);
    assertThat(sds.open().ask(PARTNER).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void givesACallerWithoutIdentityNothing() {
    sds.source().setEntries(entry("other", "unix:uid:2"));

    assertThat(sds.open().ask().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(sds.open().ask("default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(sds.open().ask("ROOTCA").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(sds.fetchCode()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void givesACallerWithoutIdentityTheBundleIfVerifiersAreAllowed() throws Exception {
    sds.start(SdsSettings.DEFAULT, true, WorkloadApiLimits.DEFAULT);
    sds.source().setEntries(entry("other", "unix:uid:2"));

    assertThat(names(sds.open().ask().next())).containsExactly(OWN);
    assertThat(names(sds.open().ask("ROOTCA").next())).containsExactly("ROOTCA");
    assertThat(sds.open().ask("ROOTCA", "default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void boundsWhatOneStreamMayName() throws Exception {
    sds.source().setEntries(API);
    var many = new String[WantedSecrets.NAMES_MAX + 1];
    Arrays.setAll(many, index -> "name-" + index);

    assertThat(sds.open().ask(many).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(sds.fetchCode("n".repeat(WantedSecrets.NAME_CHARS_MAX + 1)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void fetchesOnceWithoutVersionAndNonce() throws Exception {
    sds.source().setEntries(API);

    var response = sds.fetch("default", "ROOTCA");

    assertThat(names(response)).containsExactly("ROOTCA", "default");
    assertThat(response.getVersionInfo()).isEmpty();
    assertThat(response.getNonce()).isEmpty();
    assertThat(response.getTypeUrl()).isEqualTo(SecretStream.TYPE);
  }

  @Test
  void isNotThereWhenSwitchedOff() throws Exception {
    sds.startWithoutSds();

    assertThat(sds.open().ask("default").end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  private static SPIFFECertValidatorConfig validator(Secret secret) throws Exception {
    CertificateValidationContext context = secret.getValidationContext();
    assertThat(context.getCustomValidatorConfig().getName())
        .isEqualTo("envoy.tls.cert_validator.spiffe");
    return context
        .getCustomValidatorConfig()
        .getTypedConfig()
        .unpack(SPIFFECertValidatorConfig.class);
  }
}
