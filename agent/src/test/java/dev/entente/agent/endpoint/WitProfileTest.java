package dev.entente.agent.endpoint;

import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.endpoint.WorkloadApiFixture.Stream;
import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.WITBundlesRequest;
import dev.entente.wire.spiffe.workload.WITBundlesResponse;
import dev.entente.wire.spiffe.workload.WITSVID;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The WIT-SVID profile of the Workload API (SPIFFE_Workload_API §7), switched on.
class WitProfileTest {
  private static final AgentEntry API = entry("api", "unix:uid:1");
  private static final String OWN = "spiffe://example.org";

  @TempDir private Path directory;

  private WorkloadApiFixture api;

  @BeforeEach
  void start() throws Exception {
    WorkloadAttestor attestor = _ -> List.of(Selector.parse("unix:uid:1"));
    api =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", attestor),
            new WorkloadApiSettings(
                false,
                Set.of(),
                Optional.empty(),
                EnumSet.allOf(WorkloadProfile.class),
                WorkloadApiLimits.DEFAULT));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  @Tag("+WAPI-77")
  void answersATokenWithTheKeyThatItNames() throws Exception {
    api.source.setEntries(API);

    var answer = svids("").next().getSvids(0);

    assertThat(answer.getSpiffeId()).isEqualTo(OWN + "/api");
    var svid = verified(answer);
    assertThat(svid.id()).hasToString(answer.getSpiffeId());
    var key = Json.parseObject(answer.getWitSvidKey().getBytes(StandardCharsets.UTF_8));
    assertThat(key).containsKey("d");
    var publicMembers = new LinkedHashMap<>(key);
    publicMembers.remove("d");
    assertThat(svid.claims().get("cnf")).isEqualTo(Map.of("jwk", publicMembers));
  }

  @Test
  @Tag("+WAPI-75")
  @Tag("-WAPI-76")
  @Tag("-WAPI-78")
  @Tag("Q-21")
  void answersEveryIdentityByEntryIdWithUniqueHints() throws Exception {
    api.source.setEntries(
        withHint(entry("c", "unix:uid:1"), "main", Instant.EPOCH),
        withHint(entry("a", "unix:uid:1"), "main", Instant.EPOCH.plusSeconds(1)),
        entry("b", "unix:uid:1"),
        entry("other", "unix:uid:2"));

    assertThat(svids("").next().getSvidsList())
        .extracting(it -> it.getSpiffeId() + " " + it.getHint())
        .containsExactly(OWN + "/a ", OWN + "/b ", OWN + "/c main");
  }

  @Test
  void answersTheOneThatIsAskedFor() throws Exception {
    api.source.setEntries(API, entry("b", "unix:uid:1"));

    assertThat(svids(OWN + "/b").next().getSvidsList())
        .extracting(WITSVID::getSpiffeId)
        .containsExactly(OWN + "/b");
  }

  @Test
  @Tag("-WAPI-80")
  @Tag("-WAPI-87")
  @Tag("-WAPI-76")
  @Tag("Q-24")
  void deniesWhoHasNoIdentityOrNotTheOneHeAsksFor() throws Exception {
    api.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(svids("").end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(bundles().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);

    api.source.setEntries(API);
    assertThat(svids(OWN + "/other").end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(svids("no id").end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void isUnavailableBeforeTheFirstSync() throws Exception {
    assertThat(svids("").end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(bundles().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  @Tag("+WAPI-73")
  void tellsOfRenewalsOfNewIdentitiesAndOfTheLoss() throws Exception {
    api.source.setEntries(API);
    var stream = svids("");
    var first = stream.next().getSvids(0);

    api.clock.advance(Duration.ofMinutes(40));
    var renewed = stream.next().getSvids(0);
    assertThat(verified(renewed).expiresAt()).isAfter(verified(first).expiresAt());
    assertThat(renewed.getWitSvidKey()).isNotEqualTo(first.getWitSvidKey());

    api.source.setEntries(API, entry("b", "unix:uid:1"));
    assertThat(stream.next().getSvidsList()).hasSize(2);

    api.source.setEntries(entry("b", "unix:uid:2"));
    assertThat(stream.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  @Tag("+WAPI-73")
  @Tag("+WAPI-84")
  void replacesWhatATaintedAuthoritySigned() throws Exception {
    api.source.setEntries(API);
    var stream = svids("");
    var keyId = verified(stream.next().getSvids(0)).keyId();
    var bundles = bundles();
    assertThat(keyIds(bundles.next(), OWN)).containsExactly(keyId);

    api.source.taintAndReplaceAuthority();

    var next = verified(stream.next().getSvids(0)).keyId();
    assertThat(next).isNotEqualTo(keyId);
    assertThat(keyIds(bundles.next(), OWN)).containsExactly(keyId, next);
  }

  @Test
  @Tag("+WAPI-84")
  @Tag("+WAPI-85")
  @Tag("+WAPI-86")
  @Tag("Q-26")
  void streamsTheWitKeysOfEveryTrustDomainAndNoOthers() throws Exception {
    api.source.setEntries(federatingWith(API, "partner.example"));
    var stream = bundles();
    assertThat(stream.next().getBundlesMap()).containsOnlyKeys(OWN);

    var partner = api.source.foreignBundle(TrustDomain.parse("partner.example"));
    api.source.setFederated(partner);

    var message = stream.next();
    var own = api.source.current().ownBundle();
    assertThat(keyIds(message, OWN)).containsExactly(own.witAuthorities().getFirst().keyId());
    assertThat(keyIds(message, "spiffe://partner.example"))
        .containsExactly(partner.witAuthorities().getFirst().keyId());
    assertThat(message.getBundlesOrThrow(OWN)).doesNotContain("\"d\"", "x5c");
  }

  @Test
  void ordersNoWitSvidThatNobodyAskedFor() throws Exception {
    api.source.setEntries(API);
    bundles().next();

    assertThat(api.source.witsSigned()).isEmpty();
    svids("").next();
    assertThat(api.source.witsSigned()).containsExactly("api");
  }

  @Test
  void sharesOneSvidAmongTheStreamsOfOneWorkload() throws Exception {
    api.source.setEntries(API);

    var first = svids("").next();

    assertThat(svids("").next()).isEqualTo(first);
    assertThat(api.source.witsSigned()).hasSize(1);
  }

  private Stream<WITSVIDResponse> svids(String id) {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchWITSVID,
        WITSVIDRequest.newBuilder().setSpiffeId(id).build());
  }

  private Stream<WITBundlesResponse> bundles() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchWITBundles, WITBundlesRequest.getDefaultInstance());
  }

  private WitSvid verified(WITSVID svid) {
    var verdict =
        new WitSvidVerifier()
            .verifyWithoutProofOfPossession(
                svid.getWitSvid(),
                BundleSource.of(api.source.current().ownBundle()),
                api.clock.instant());
    assertThat(verdict).isInstanceOf(WitVerdict.Unproven.class);
    return ((WitVerdict.Unproven) verdict).svid();
  }

  private static List<String> keyIds(WITBundlesResponse message, String domain) {
    var document =
        Json.parseObject(message.getBundlesOrThrow(domain).getBytes(StandardCharsets.UTF_8));
    var keys = (List<?>) Objects.requireNonNull(document.get("keys"));
    return keys.stream().map(key -> String.valueOf(((Map<?, ?>) key).get("kid"))).toList();
  }
}
