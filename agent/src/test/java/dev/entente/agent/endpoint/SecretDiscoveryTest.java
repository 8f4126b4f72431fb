package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SecretStream.names;
import static dev.entente.agent.endpoint.SecretStream.secrets;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.rpc.CallOptions;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.Await;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryResponse;
import dev.entente.wire.envoy.secret.SecretDiscoveryServiceGrpcClient;
import dev.entente.wire.envoy.tls.CertificateValidationContext;
import dev.entente.wire.envoy.tls.SPIFFECertValidatorConfig;
import dev.entente.wire.envoy.tls.Secret;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// State of the world, over a real socket. [SecretDeltaTest] does the same for the other protocol.
class SecretDiscoveryTest {
  private static final AgentEntry API = entry("api", "unix:uid:1");
  private static final AgentEntry WEB =
      federatingWith(entry("web", "unix:uid:1"), "partner.example");
  private static final String OWN = "spiffe://example.org";
  private static final String PARTNER = "spiffe://partner.example";

  @TempDir private Path directory;

  private WorkloadApiFixture agent;
  private SpiffeBundle partner;

  private volatile WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));

  @BeforeEach
  void start() throws Exception {
    start(SdsSettings.DEFAULT, false, WorkloadApiLimits.DEFAULT);
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void answersEverythingToARequestWithoutNames() throws Exception {
    agent.source.setEntries(API, WEB, flagged(entry("vault", "unix:uid:1"), false, false, true));

    assertThat(names(open().ask().next()))
        .containsExactly(OWN, PARTNER, OWN + "/api", OWN + "/web");
    assertThat(names(open().ask("*").next()))
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
    agent.source.setEntries(API, WEB);

    assertThat(names(open().ask(asked.split(",", -1)).next()))
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
    agent.source.setEntries(API, WEB, flagged(entry("vault", "unix:uid:1"), false, false, true));

    assertThat(open().ask(asked.split(",", -1)).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(fetchCode(asked.split(",", -1))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void givesTheDefaultIdentityWithItsKey() throws Exception {
    agent.source.setEntries(WEB, API);

    var certificate = secrets(open().ask("default").next()).getFirst().getTlsCertificate();

    var chain = Pem.certificates(certificate.getCertificateChain().getInlineBytes().toStringUtf8());
    var key = PrivateKeys.fromPem(certificate.getPrivateKey().getInlineBytes().toStringUtf8());
    assertThat(chain.getFirst().getSubjectAlternativeNames())
        .anyMatch(name -> name.contains(OWN + "/api"));
    assertThat(PrivateKeys.isPair(key, chain.getFirst().getPublicKey())).isTrue();
  }

  @Test
  void writesBundlesForTheSpiffeValidatorEachOfItsOwnTrustDomain() throws Exception {
    agent.source.setEntries(WEB);

    var all = validator(secrets(open().ask("ALL").next()).getFirst());
    var own = validator(secrets(open().ask("ROOTCA").next()).getFirst());

    assertThat(all.getTrustDomainsList())
        .extracting(it -> it.getName())
        .containsExactly("example.org", "partner.example");
    assertThat(
            Pem.certificates(
                all.getTrustDomains(1).getTrustBundle().getInlineBytes().toStringUtf8()))
        .containsExactly(partner.x509Authorities().getFirst().certificate());
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
    start(new SdsSettings("default", "ROOTCA", "ALL", disabled), false, WorkloadApiLimits.DEFAULT);
    agent.source.setEntries(API);
    var stream = open().askAs(EnvoyNodes.node(version, metadata), "ROOTCA");

    var context = secrets(stream.next()).getFirst().getValidationContext();

    assertThat(context.hasCustomValidatorConfig()).isEqualTo(bySpiffe);
    assertThat(context.hasTrustedCa()).isNotEqualTo(bySpiffe);
    var all = open().askAs(EnvoyNodes.node(version, metadata), "ALL");
    if (bySpiffe) {
      assertThat(names(all.next())).containsExactly("ALL");
    } else {
      assertThat(all.end()).isEqualTo(GrpcStatus.INTERNAL);
    }
  }

  @Test
  void takesOtherNamesFromTheConfiguration() throws Exception {
    start(new SdsSettings("me", "home", "everyone", false), false, WorkloadApiLimits.DEFAULT);
    agent.source.setEntries(WEB);

    assertThat(names(open().ask("me", "home", "everyone").next()))
        .containsExactly("everyone", "home", "me");
    assertThat(open().ask("default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void leavesOutABundleThatEnvoyCouldNotLoad() throws Exception {
    agent.source.setEntries(WEB);
    agent.source.setFederated(partner.withX509Authorities(List.of()));

    assertThat(names(open().ask().next())).containsExactly(OWN, OWN + "/web");
    assertThat(validator(secrets(open().ask("ALL").next()).getFirst()).getTrustDomainsCount())
        .isEqualTo(1);
    assertThat(open().ask(PARTNER).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void pushesARotatedSvidAndNothingElse() throws Exception {
    agent.source.setEntries(API);
    var svid = open().ask("default");
    var bundle = open().ask("ROOTCA");
    var before = svid.next();
    var trust = bundle.next();
    svid.ask("default");
    bundle.ask("ROOTCA");

    agent.source.setEntries(atRevision(API, 1));
    var after = svid.next();
    agent.source.taintAndReplaceAuthority();

    assertThat(before.getVersionInfo()).isEqualTo("1");
    assertThat(after.getVersionInfo()).isNotEqualTo("1");
    assertThat(after.getResources(0)).isNotEqualTo(before.getResources(0));
    assertThat(bundle.next().getResources(0))
        .as("the next message is the new bundle, not the old one again")
        .isNotEqualTo(trust.getResources(0));
  }

  @Test
  void answersAConfirmationOnlyIfItNamesSomethingElse() throws Exception {
    agent.source.setEntries(API, WEB);
    var stream = open().ask("default");
    stream.next();

    stream.ask("default").ask("default").ask("default", "ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA", "default");
  }

  @Test
  void ignoresARequestThatDoesNotAnswerTheLastMessage() throws Exception {
    agent.source.setEntries(API, WEB);
    var stream = open().ask("default");
    stream.next();

    stream.askOutdated("nonsense").ask("ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA");
  }

  @Test
  void doesNotRepeatWhatWasRejectedAndPushesTheNext() throws Exception {
    agent.source.setEntries(API);
    var stream = open().ask("default");
    var rejected = stream.next();

    stream.reject("default").reject("default");
    agent.source.setEntries(atRevision(API, 1));

    assertThat(stream.next().getResources(0)).isNotEqualTo(rejected.getResources(0));
  }

  @Test
  void saysNothingWhenNothingIsWantedAnyMoreUntilSomethingIs() throws Exception {
    agent.source.setEntries(API);
    var stream = open().ask("default", "ROOTCA");
    stream.next();

    stream.ask();
    fetch(); // on the same connection, so the request before it has been taken
    agent.source.setEntries(atRevision(API, 1));
    Await.until(
        "the SVID was renewed", Duration.ofSeconds(20), () -> agent.source.signed().size() > 1);
    stream.ask("ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA");
    stream.ask();
    stream.ask("ROOTCA");
    assertThat(names(stream.next())).as("the same again").containsExactly("ROOTCA");
  }

  @Test
  void answersAReconnectInFullWhateverVersionItStates() throws Exception {
    agent.source.setEntries(API);
    var first = open().ask("default").next();

    var again = open().askFromEarlierStream(first.getVersionInfo(), "default").next();

    assertThat(again.getResourcesList()).isEqualTo(first.getResourcesList());
  }

  @Test
  void waitsUntilTheSvidIsSignedButNotForBundles() throws Exception {
    agent.source.refuse("api");
    agent.source.setEntries(API);
    var svid = open().ask("default", "ROOTCA");

    assertThat(names(open().ask("ROOTCA").next())).containsExactly("ROOTCA");
    agent.source.accept("api");
    agent.source.setEntries(atRevision(API, 1));

    assertThat(names(svid.next())).containsExactly("ROOTCA", "default");
  }

  @Test
  void givesACallerWithoutIdentityNothing() {
    agent.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(open().ask().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(open().ask("default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(open().ask("ROOTCA").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(fetchCode()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void givesACallerWithoutIdentityTheBundleIfVerifiersAreAllowed() throws Exception {
    start(SdsSettings.DEFAULT, true, WorkloadApiLimits.DEFAULT);
    agent.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(names(open().ask().next())).containsExactly(OWN);
    assertThat(names(open().ask("ROOTCA").next())).containsExactly("ROOTCA");
    assertThat(open().ask("ROOTCA", "default").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void endsTheStreamWhenTheIdentityGoes() throws Exception {
    agent.source.setEntries(API);
    var named = open().ask("default");
    var all = open().ask();
    named.next();
    all.next();

    agent.source.setEntries();

    assertThat(named.end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(all.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void isUnavailableWhileNothingCanBeSaid() {
    assertThat(open().ask("default").end()).as("not synced").isEqualTo(GrpcStatus.UNAVAILABLE);
    agent.source.setEntries(API);
    attestor =
        _ -> {
          throw new AttestationFault("nothing there");
        };
    assertThat(open().ask("default").end()).as("not attested").isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(fetchCode("default")).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void sharesTheLimitOfStreamsWithTheWorkloadApi() throws Exception {
    start(SdsSettings.DEFAULT, false, new WorkloadApiLimits(10, 10, 10, 2));
    agent.source.setEntries(API);
    var first = open().ask("default");
    first.next();
    var second = open().ask("default");
    second.next();

    assertThat(open().ask("default").end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(fetchCode("default")).isEqualTo(GrpcStatus.UNAVAILABLE);
    first.cancel();
    second.finish();
    Await.until("both are gone", Duration.ofSeconds(20), () -> agent.endpoint.openStreams() == 0);

    assertThat(fetchCode("default")).isEqualTo(GrpcStatus.OK);
    Await.until("it is over", Duration.ofSeconds(20), () -> agent.endpoint.openStreams() == 0);
  }

  @Test
  void boundsWhatOneStreamMayName() throws Exception {
    agent.source.setEntries(API);
    var many = new String[WantedSecrets.NAMES_MAX + 1];
    Arrays.setAll(many, index -> "name-" + index);

    assertThat(open().ask(many).end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(fetchCode("n".repeat(WantedSecrets.NAME_CHARS_MAX + 1)))
        .isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void fetchesOnceWithoutVersionAndNonce() throws Exception {
    agent.source.setEntries(API);

    var response = fetch("default", "ROOTCA");

    assertThat(names(response)).containsExactly("ROOTCA", "default");
    assertThat(response.getVersionInfo()).isEmpty();
    assertThat(response.getNonce()).isEmpty();
    assertThat(response.getTypeUrl()).isEqualTo(SecretStream.TYPE);
  }

  @Test
  void isNotThereWhenSwitchedOff() throws Exception {
    agent.close();
    agent =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", workload -> attestor.attest(workload)),
            new WorkloadApiSettings(
                false,
                Set.of(),
                Optional.empty(),
                WorkloadProfile.STABLE,
                WorkloadApiLimits.DEFAULT));

    assertThat(open().ask("default").end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  private void start(SdsSettings sds, boolean toVerifiers, WorkloadApiLimits limits)
      throws Exception {
    if (agent != null) {
      agent.close();
    }
    agent =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", workload -> attestor.attest(workload)),
            new WorkloadApiSettings(
                toVerifiers, Set.of(), Optional.of(sds), WorkloadProfile.STABLE, limits));
    partner = agent.source.foreignBundle(TrustDomain.parse("partner.example"));
    agent.source.setFederated(partner);
  }

  private SecretStream.State open() {
    return new SecretStream.State(agent.client);
  }

  private DiscoveryResponse fetch(String... names) throws Exception {
    return WorkloadApiFixture.await(
        agent.client.unary(
            SecretDiscoveryServiceGrpcClient.FetchSecrets, request(names), CallOptions.UNLIMITED));
  }

  private GrpcStatus fetchCode(String... names) {
    return agent.codeOf(
        SecretDiscoveryServiceGrpcClient.FetchSecrets, request(names), CallOptions.UNLIMITED);
  }

  private static DiscoveryRequest request(String... names) {
    return DiscoveryRequest.newBuilder()
        .setTypeUrl(SecretStream.TYPE)
        .addAllResourceNames(Arrays.asList(names))
        .build();
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
