package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetEntryRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From one broker to another, through the API that a SPIRE server has, too.
class RegistryImportTest {
  private static final String PARTNER = "partner.example";
  private static final long FAR_FUTURE = 4_000_000_000L;

  @TempDir Path dir;

  private TestRegistry source;
  private TestRegistry target;

  @BeforeEach
  void start() throws IOException {
    source = TestRegistry.start("example.org", dir.resolve("source"));
    target = TestRegistry.start("example.org", dir.resolve("target"));
  }

  @AfterEach
  void stop() {
    source.close();
    target.close();
  }

  private record Run(int code, String out, String err) {}

  private Run importing(String... more) {
    return importing(source, more);
  }

  private Run importing(TestRegistry from, String... more) {
    var console = new Console();
    var words = new ArrayList<>(List.of("registry", "import", "--from", "unix:" + from.socket()));
    words.addAll(List.of(more));
    var code = console.runAt(target.socket(), words.toArray(String[]::new));
    return new Run(code, console.out(), console.err());
  }

  @Test
  void saysWhichSvidCouldNotBeReadForASourceOverTls() {
    var unreadable =
        X509SVID
            .newBuilder()
            .setSpiffeId("spiffe://example.org/admin")
            .setX509Svid(ByteString.copyFromUtf8("no certificate"))
            .build();
    try (var api = FakeWorkloadApi.at(dir.resolve("api.sock"))) {
      api.then(out -> out.send(X509SVIDResponse.newBuilder().addSvids(unreadable).build()));
      var console = new Console();

      var code =
          console.runAt(
              target.socket(),
              "registry",
              "import",
              "--from",
              "127.0.0.1:1",
              "--endpoint",
              api.endpoint());

      assertThat(code).isEqualTo(1);
      assertThat(console.err())
          .contains("error[FAILED]: the X509-SVID for --from could not be read", "cause: ", "fix: ")
          .doesNotContain("Exception");
    }
  }

  private static SPIFFEID id(String path) {
    return SPIFFEID.newBuilder().setTrustDomain("example.org").setPath(path).build();
  }

  private static Entry.Builder entry(String path) {
    return Entry.newBuilder()
        .setId("id" + path.replace('/', '-'))
        .setSpiffeId(id(path))
        .setParentId(id("/spire/agent/x509pop/abc"))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("path:" + path));
  }

  private static void create(TestRegistry registry, List<Entry> entries) {
    var request = BatchCreateEntryRequest.newBuilder().addAllEntries(entries).build();
    registry
        .ask(EntryGrpcClient.BatchCreateEntry, request)
        .getResultsList()
        .forEach(result -> assertThat(result.getStatus().getCode()).isZero());
  }

  private static Entry get(TestRegistry registry, String id) {
    return registry.ask(EntryGrpcClient.GetEntry, GetEntryRequest.newBuilder().setId(id).build());
  }

  private static int count(TestRegistry registry) {
    return registry
        .ask(EntryGrpcClient.CountEntries, CountEntriesRequest.getDefaultInstance())
        .getCount();
  }

  private static List<Entry> all(TestRegistry registry) {
    return registry
        .ask(EntryGrpcClient.ListEntries, ListEntriesRequest.getDefaultInstance())
        .getEntriesList();
  }

  private static void update(TestRegistry registry, String id, String hint) {
    var request =
        BatchUpdateEntryRequest.newBuilder()
            .addEntries(Entry.newBuilder().setId(id).setHint(hint))
            .setInputMask(EntryMask.newBuilder().setHint(true))
            .build();
    registry.ask(EntryGrpcClient.BatchUpdateEntry, request);
  }

  /// A bundle of another trust domain: any authority will do.
  private void setPartnerBundle(TestRegistry registry, TestRegistry authority) {
    var own =
        authority.ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance()).toBuilder()
            .setTrustDomain(PARTNER)
            .setSequenceNumber(3)
            .build();
    registry.ask(
        BundleGrpcClient.BatchSetFederatedBundle,
        BatchSetFederatedBundleRequest.newBuilder().addBundle(own).build());
  }

  private static void federate(TestRegistry registry, String url) {
    var relationship =
        FederationRelationship.newBuilder()
            .setTrustDomain(PARTNER)
            .setBundleEndpointUrl(url)
            .setHttpsWeb(HTTPSWebProfile.getDefaultInstance());
    registry.ask(
        TrustDomainGrpcClient.BatchCreateFederationRelationship,
        BatchCreateFederationRelationshipRequest.newBuilder()
            .addFederationRelationships(relationship)
            .build());
  }

  @Test
  void takesOverTenThousandEntriesAndChangesNothingTheSecondTime() {
    for (var from = 0; from < 10_000; from += 500) {
      create(
          source,
          IntStream.range(from, from + 500).mapToObj(i -> entry("/w/" + i).build()).toList());
    }

    var first = importing();

    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).containsPattern("entries +10000 +0 +0 +0 +0");
    assertThat(first.err()).contains("2000 of 10000 entries", "10000 of 10000 entries");
    assertThat(all(target)).containsExactlyInAnyOrderElementsOf(all(source));
    var before = status(target);
    var second = importing();
    assertThat(second.code()).isZero();
    assertThat(second.out()).containsPattern("entries +0 +0 +10000 +0 +0");
    assertThat(status(target)).isEqualTo(before);
  }

  /// The revision of the whole registry moves with every write.
  private long status(TestRegistry registry) {
    var console = new Console();
    console.run("broker", "status", "-o", "json", "--socket", registry.socket().toString());
    var match = Pattern.compile("\"revision\" : \"?([0-9]+)").matcher(console.out());
    assertThat(match.find()).as(console.out()).isTrue();
    return Long.parseLong(match.group(1));
  }

  @Test
  void carriesEveryFieldAndWhatTheEntryFederatesWith() {
    setPartnerBundle(source, source);
    federate(source, "https://partner.example/bundle");
    create(
        source,
        List.of(
            entry("/full")
                .setX509SvidTtl(600)
                .setJwtSvidTtl(60)
                .addFederatesWith(PARTNER)
                .setAdmin(true)
                .setDownstream(true)
                .setExpiresAt(FAR_FUTURE)
                .addDnsNames("full.example.org")
                .setHint("blue")
                .setAdditionalAttributes(
                    Entry.AdditionalAttributes.newBuilder().setJwtSvidIncludeJti(true))
                .build(),
            entry("/stored").setStoreSvid(true).build()));
    update(source, "id-full", "green");

    var dry = importing("--dry-run");
    assertThat(dry.code()).as(dry.err()).isZero();
    assertThat(dry.out()).containsPattern("entries +2 ").containsPattern("relationships +1 ");
    assertThat(dry.err()).contains("nothing was changed: this was a dry run");
    assertThat(count(target)).isZero();

    assertThat(importing().code()).isZero();

    assertThat(all(target)).containsExactlyInAnyOrderElementsOf(all(source));
    assertThat(get(target, "id-full").getRevisionNumber()).isEqualTo(1);
    var relationships =
        target
            .ask(
                TrustDomainGrpcClient.ListFederationRelationships,
                ListFederationRelationshipsRequest.getDefaultInstance())
            .getFederationRelationshipsList();
    assertThat(relationships).hasSize(1);
    assertThat(relationships.getFirst().getTrustDomainBundle().getX509AuthoritiesCount())
        .isEqualTo(1);
    assertThat(importing().out())
        .containsPattern("bundles +0 +0 +1 +0 +0")
        .containsPattern("relationships +0 +0 +1 +0 +0")
        .containsPattern("entries +0 +0 +2 +0 +0");
  }

  @Test
  void namesEachConflictAndLeavesWhatIsHereAlone() {
    create(source, List.of(entry("/a").build(), entry("/b").build(), entry("/c").build()));
    create(
        target, List.of(entry("/a").setHint("mine").build(), entry("/b").setId("other").build()));
    setPartnerBundle(source, source);
    setPartnerBundle(target, target);
    federate(source, "https://partner.example/theirs");
    federate(target, "https://partner.example/ours");

    var run = importing();

    assertThat(run.code()).isEqualTo(6);
    assertThat(run.err())
        .contains("entry id-a (spiffe://example.org/a): conflict")
        .contains("cause: the entry with this id says something else here, at revision 0")
        .contains("entry id-b (spiffe://example.org/b): conflict")
        .contains("cause: entry other has the same parent_id, spiffe_id and set of selectors here")
        .contains("bundle of partner.example: conflict")
        .contains("relationship with partner.example: conflict");
    assertThat(run.out()).containsPattern("entries +1 +0 +0 +2 +0");
    assertThat(get(target, "id-a").getHint()).isEqualTo("mine");
    assertThat(count(target)).isEqualTo(3);
  }

  @Test
  void takesLaterChangesOnRequest() {
    create(source, List.of(entry("/a").build()));
    importing();
    update(source, "id-a", "new");

    var plain = importing();
    assertThat(plain.code()).isEqualTo(6);
    assertThat(plain.err()).contains("changed at the other server since it was taken over");

    var updating = importing("--update");
    assertThat(updating.code()).isZero();
    assertThat(updating.out()).containsPattern("entries +0 +1 +0 +0 +0");
    assertThat(get(target, "id-a")).isEqualTo(get(source, "id-a"));
  }

  @Test
  void refusesWhatNoBrokerMayKeepAndGoesOn() {
    setPartnerBundle(source, source);
    create(source, List.of(entry("/a").build(), entry("/soon-gone").setExpiresAt(1).build()));

    var run = importing("-o", "json");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains("the entry expired at 1970-01-01T00:00:01Z", "\"refused\" : 1", "\"taken\" : 1");
    assertThat(count(target)).isEqualTo(1);
  }

  @Test
  void addsTheOtherServersAuthoritiesOnRequestOnly() {
    assertThat(importing().err()).contains("--own-bundle adds them");
    assertThat(authorities(target)).isEqualTo(1);

    assertThat(importing("--own-bundle").out()).containsPattern("own bundle +1 +0 +0 +0 +0");

    assertThat(authorities(target)).isEqualTo(2);
    assertThat(importing("--own-bundle").out()).containsPattern("own bundle +0 +0 +1 +0 +0");
  }

  private static int authorities(TestRegistry registry) {
    return registry
        .ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance())
        .getX509AuthoritiesCount();
  }

  @Test
  void refusesTheRegistryOfAnotherTrustDomain() throws IOException {
    try (var foreign = TestRegistry.start("foreign.example", dir.resolve("foreign"))) {
      var run = importing(foreign);

      assertThat(run.code()).isEqualTo(6);
      assertThat(run.err()).contains("the other server is of trust domain \"foreign.example\"");
    }
  }

  @Test
  void saysWhichEntriesHangOnAgentsThatGetAnotherId() {
    create(
        source, List.of(entry("/a").setParentId(id("/spire/agent/join_token/some-token")).build()));

    assertThat(importing().err()).contains("1 entries belong to agents that attested with a join");
  }

  @Test
  void goesOnAfterAnInterruption() {
    create(source, IntStream.range(0, 450).mapToObj(i -> entry("/w/" + i).build()).toList());
    importing();
    target.ask(
        EntryGrpcClient.BatchDeleteEntry,
        BatchDeleteEntryRequest.newBuilder().addIds("id-w-3").addIds("id-w-449").build());

    assertThat(importing().out()).containsPattern("entries +2 +0 +448 +0 +0");
    assertThat(count(target)).isEqualTo(450);
  }
}
