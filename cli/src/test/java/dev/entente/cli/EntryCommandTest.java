package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesResponse;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcService;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederatesWithMatch;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.SelectorMatch;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryCommandTest {
  private static final Entry ENTRY =
      Entry.newBuilder()
          .setId("e1")
          .setSpiffeId(id("/web"))
          .setParentId(id("/agent"))
          .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
          .build();

  private static final BatchCreateEntryResponse CREATED =
      BatchCreateEntryResponse.newBuilder()
          .addResults(BatchCreateEntryResponse.Result.newBuilder().setEntry(ENTRY))
          .build();

  private static final BatchUpdateEntryResponse CHANGED =
      BatchUpdateEntryResponse.newBuilder()
          .addResults(BatchUpdateEntryResponse.Result.newBuilder().setEntry(ENTRY))
          .build();

  @TempDir Path dir;

  private final Console console = new Console();
  private Optional<FakeBroker> broker = Optional.empty();

  @AfterEach
  void stop() {
    broker.ifPresent(FakeBroker::close);
  }

  private FakeBroker broker() {
    return broker.orElseThrow();
  }

  private static SPIFFEID id(String path) {
    return SPIFFEID.newBuilder().setTrustDomain("example.org").setPath(path).build();
  }

  private void entries(Consumer<FakeBroker.Methods> methods) {
    broker =
        Optional.of(
            FakeBroker.at(
                dir.resolve("b.sock"),
                s -> s.service(EntryGrpcService.SERVICE_DESCRIPTOR, methods)));
  }

  private int run(String... arguments) {
    return console.runAt(broker().socket(), arguments);
  }

  /// Asks for the entry of `/web`.
  private int create(String... more) {
    var web =
        Stream.of(
            "entry",
            "create",
            "--spiffe-id",
            "spiffe://example.org/web",
            "--parent-id",
            "spiffe://example.org/agent",
            "--selector",
            "unix:uid:1000");
    return run(Stream.concat(web, Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void createsAnEntryAndShowsIt() {
    entries(m -> m.answer(EntryGrpcService.BatchCreateEntry, CREATED));

    var code =
        create(
            "--x509-ttl",
            "30m",
            "--federates-with",
            "partner.example",
            "--dns",
            "web.example.org",
            "--admin");

    assertThat(code).isZero();
    assertThat(console.out()).startsWith("id          e1\n").contains("unix:uid:1000");
    assertThat(broker().asked)
        .containsExactly(
            BatchCreateEntryRequest.newBuilder()
                .addEntries(
                    ENTRY.toBuilder()
                        .clearId()
                        .setX509SvidTtl(1800)
                        .addFederatesWith("partner.example")
                        .addDnsNames("web.example.org")
                        .setAdmin(true))
                .build());
  }

  @Test
  void createsTheEntriesOfAFile() throws Exception {
    entries(m -> m.answer(EntryGrpcService.BatchCreateEntry, CREATED));
    var file =
        Files.writeString(
            dir.resolve("entries.json"),
            """
            {"entries": [{"spiffe_id": "spiffe://example.org/web",
              "parent_id": "spiffe://example.org/agent",
              "selectors": [{"type": "unix", "value": "uid:1000"}], "entry_id": "e1"}]}
            """);

    assertThat(run("entry", "create", "--file", file.toString())).isZero();

    assertThat(broker().asked)
        .containsExactly(BatchCreateEntryRequest.newBuilder().addEntries(ENTRY).build());
  }

  @ParameterizedTest
  @CsvSource({"5,3", "6,6", "7,5", "3,2", "16,4", "14,7", "13,1"})
  void turnsTheStatusOfAnItemIntoAnExitCode(int status, int exitCode) {
    entries(m ->
        m.answer(
            EntryGrpcService.BatchDeleteEntry,
            BatchDeleteEntryResponse.newBuilder()
                .addResults(
                    BatchDeleteEntryResponse.Result.newBuilder()
                        .setId("e1")
                        .setStatus(Status.newBuilder().setCode(status).setMessage("because")))
                .addResults(BatchDeleteEntryResponse.Result.newBuilder().setId("e2"))
                .build()));

    assertThat(run("entry", "delete", "e1", "e2")).isEqualTo(exitCode);

    assertThat(console.err()).contains("entry e1 was not deleted", "cause: because");
    assertThat(console.out()).isEqualTo("entry e2 deleted\n");
  }

  @ParameterizedTest
  @CsvSource({
    "--match any, MATCH_ANY, MATCH_SUPERSET",
    "--match-federates-with exact, MATCH_SUPERSET, MATCH_EXACT",
    "--match subset --match-federates-with any, MATCH_SUBSET, MATCH_ANY",
    "'', MATCH_SUPERSET, MATCH_SUPERSET"
  })
  void comparesSelectorsAndTrustDomainsEachItsWay(
      String flags,
      SelectorMatch.MatchBehavior ofSelectors,
      FederatesWithMatch.MatchBehavior ofDomains) {
    entries(m -> m.answer(EntryGrpcService.ListEntries, ListEntriesResponse.getDefaultInstance()));

    var line = "entry list --selector a:b --federates-with partner.example " + flags;
    assertThat(run(line.strip().split(" ", -1))).isZero();

    var filter = ((ListEntriesRequest) broker().asked.getLast()).getFilter();
    assertThat(filter.getBySelectors().getMatch()).isEqualTo(ofSelectors);
    assertThat(filter.getByFederatesWith().getMatch()).isEqualTo(ofDomains);
  }

  @Test
  void listsAllPages() {
    entries(m ->
        m.answer(
            EntryGrpcService.ListEntries,
            ListEntriesResponse.newBuilder().addEntries(ENTRY).build()));

    assertThat(run("entry", "list")).isZero();

    assertThat(console.out())
        .isEqualTo(
            """
            ID  SPIFFE ID                 PARENT                      SELECTORS
            e1  spiffe://example.org/web  spiffe://example.org/agent  unix:uid:1000
            """);
  }

  @Test
  void writesEntriesForPrograms() {
    entries(m ->
        m.answer(
            EntryGrpcService.ListEntries,
            ListEntriesResponse.newBuilder().addEntries(ENTRY).build()));

    assertThat(run("entry", "list", "-o", "json")).isZero();

    assertThat(console.out())
        .contains("\"spiffe_id\" : \"spiffe://example.org/web\"", "\"x509_svid_ttl\" : 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"500ms", "1500ms"})
  void refusesLifetimesThatAreNotWholeSeconds(String ttl) {
    entries(m -> {});

    assertThat(run("entry", "update", "e1", "--x509-ttl", ttl)).isEqualTo(2);

    assertThat(console.err()).contains("--x509-ttl of").contains("is not whole seconds");
  }

  @Test
  void countsWithTheFilterOfTheList() {
    entries(m ->
        m.answer(
            EntryGrpcService.CountEntries, CountEntriesResponse.newBuilder().setCount(7).build()));

    assertThat(run("entry", "count", "--parent-id", "spiffe://example.org/agent")).isZero();

    assertThat(console.out()).isEqualTo("7\n");
    assertThat(broker().asked)
        .containsExactly(
            CountEntriesRequest.newBuilder()
                .setFilter(CountEntriesRequest.Filter.newBuilder().setByParentId(id("/agent")))
                .build());
  }

  @Test
  void changesOnlyWhatWasGiven() {
    entries(m -> m.answer(EntryGrpcService.BatchUpdateEntry, CHANGED));

    assertThat(run("entry", "update", "e1", "--hint", "blue", "--admin", "false")).isZero();

    var request = (BatchUpdateEntryRequest) broker().asked.getFirst();
    assertThat(request.getInputMask().getAllFields().keySet())
        .extracting(field -> field.getName())
        .containsExactlyInAnyOrder("hint", "admin");
  }

  @Test
  void keepsTheOtherAttributeWhenOneIsChanged() {
    var present =
        ENTRY.toBuilder()
            .setAdditionalAttributes(
                Entry.AdditionalAttributes.newBuilder().setDisableX509SvidPrefetch(true))
            .build();
    entries(m ->
        m.answer(EntryGrpcService.GetEntry, present)
            .answer(EntryGrpcService.BatchUpdateEntry, CHANGED));

    assertThat(run("entry", "update", "e1", "--jti")).isZero();

    var request = (BatchUpdateEntryRequest) broker().asked.getLast();
    assertThat(request.getEntries(0).getAdditionalAttributes())
        .isEqualTo(
            Entry.AdditionalAttributes.newBuilder()
                .setDisableX509SvidPrefetch(true)
                .setJwtSvidIncludeJti(true)
                .build());
  }

  @Test
  void makesTheBrokerTheParentOfANodeAlias() {
    entries(m -> m.answer(EntryGrpcService.BatchCreateEntry, CREATED));

    var code =
        run(
            "entry",
            "create",
            "--node",
            "--spiffe-id",
            "spiffe://example.org/rack7",
            "--selector",
            "x509pop:subject:cn:a");

    assertThat(code).isZero();
    var request = (BatchCreateEntryRequest) broker().asked.getFirst();
    assertThat(request.getEntries(0).getParentId()).isEqualTo(id("/spire/server"));
  }

  @Test
  void changesAndDeletesTheEntriesOfAFile() throws Exception {
    entries(m ->
        m.answer(EntryGrpcService.BatchUpdateEntry, CHANGED)
            .answer(
                EntryGrpcService.BatchDeleteEntry, BatchDeleteEntryResponse.getDefaultInstance()));
    var entries =
        Files.writeString(
            dir.resolve("entries.json"),
            """
            {"entries": [{"entry_id": "e1", "spiffe_id": "spiffe://example.org/web",
              "parent_id": "spiffe://example.org/agent", "entryExpiry": 4000000000,
              "selectors": [{"type": "unix", "value": "uid:1000"}],
              "additional_attributes": {"jwt_svid_include_jti": true}}]}
            """);
    var ids = Files.writeString(dir.resolve("ids.json"), "{\"ids\": [\"e2\", \"e3\"]}");

    assertThat(run("entry", "update", "--file", entries.toString())).isZero();
    assertThat(run("entry", "delete", "e1", "--file", ids.toString())).isZero();

    var update = (BatchUpdateEntryRequest) broker().asked.getFirst();
    assertThat(update.hasInputMask()).as("every field is written").isFalse();
    assertThat(update.getEntries(0))
        .isEqualTo(
            ENTRY.toBuilder()
                .setExpiresAt(4_000_000_000L)
                .setAdditionalAttributes(
                    Entry.AdditionalAttributes.newBuilder().setJwtSvidIncludeJti(true))
                .build());
    assertThat(((BatchDeleteEntryRequest) broker().asked.getLast()).getIdsList())
        .containsExactly("e1", "e2", "e3");
    assertThat(run("entry", "delete")).isEqualTo(2);
    assertThat(run("entry", "update")).isEqualTo(2);
  }

  @Test
  void saysThatAnAnswerTookTooLongOrWasRefused() {
    entries(m -> m.refuse(EntryGrpcService.CountEntries, GrpcStatus.PERMISSION_DENIED, "not you"));

    assertThat(run("entry", "count")).isEqualTo(5);

    assertThat(console.err()).isEqualTo("error[DENIED]: the broker refused\ncause: not you\n");
  }

  @Test
  void namesTheEntryThatIsThereAlready() {
    entries(m ->
        m.answer(
            EntryGrpcService.BatchCreateEntry,
            BatchCreateEntryResponse.newBuilder()
                .addResults(
                    BatchCreateEntryResponse.Result.newBuilder()
                        .setStatus(status(GrpcStatus.ALREADY_EXISTS, "similar entry"))
                        .setEntry(ENTRY))
                .build()));

    var code = create();

    assertThat(code).isEqualTo(6);
    assertThat(console.err())
        .isEqualTo(
            """
            error[CONFLICT]: entry spiffe://example.org/web was not created
            cause: similar entry
            fix: see `entente entry show e1`
            """);
  }

  private static Status status(GrpcStatus code, String message) {
    return Status.newBuilder().setCode(code.code).setMessage(message).build();
  }

  @ParameterizedTest
  @CsvSource({
    "unknown method a.B/C, does not know this call, see whether the socket is that of another",
    "X is switched off here, does not offer this, X is switched off here"
  })
  void tellsWhatIsSwitchedOffFromWhatNobodyServes(String message, String said, String help) {
    entries(m -> m.refuse(EntryGrpcService.CountEntries, GrpcStatus.UNIMPLEMENTED, message));

    assertThat(run("entry", "count")).isEqualTo(1);

    assertThat(console.err()).contains("the broker " + said, help);
    assertThat(console.err().contains("fix:")).isEqualTo(message.startsWith("unknown"));
  }
}
