package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryResponse;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcService;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Entries from a file")
final class EntryFileTest {
  /// A part has at most a thousand entries.
  private static final int MANY = 2_500;

  @TempDir Path dir;

  private final Console console = new Console();
  private FakeBroker broker;
  private int refusedPart = Integer.MAX_VALUE;

  @BeforeEach
  void start() {
    broker =
        FakeBroker.at(
            dir.resolve("b.sock"),
            services ->
                services.service(
                    EntryGrpcService.SERVICE_DESCRIPTOR,
                    methods ->
                        methods
                            .compute(EntryGrpcService.BatchCreateEntry, this::create)
                            .compute(EntryGrpcService.BatchDeleteEntry, EntryFileTest::delete)));
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  /// Makes each entry, but for those of `/there`, one of which is there already.
  private BatchCreateEntryResponse create(BatchCreateEntryRequest request) {
    if (broker.asked.size() == refusedPart) {
      throw RpcStatus.of(GrpcStatus.UNAVAILABLE, "not ready").asException();
    }
    var response = BatchCreateEntryResponse.newBuilder();
    for (var entry : request.getEntriesList()) {
      var there = entry.getSpiffeId().getPath().equals("/there");
      var id = there ? "e-there" : "e" + entry.getSpiffeId().getPath();
      response
          .addResultsBuilder()
          .setStatus(there ? status(GrpcStatus.ALREADY_EXISTS) : Status.getDefaultInstance())
          .setEntry(entry.toBuilder().setId(id));
    }
    return response.build();
  }

  private static Status status(GrpcStatus code) {
    return Status.newBuilder().setCode(code.code).setMessage("similar entry").build();
  }

  private static BatchDeleteEntryResponse delete(BatchDeleteEntryRequest request) {
    var response = BatchDeleteEntryResponse.newBuilder();
    request.getIdsList().forEach(id -> response.addResultsBuilder().setId(id));
    return response.build();
  }

  private int create(String json) throws IOException {
    var file = Files.writeString(dir.resolve("f.json"), json);
    return console.runAt(broker.socket(), "entry", "create", "--file", file.toString());
  }

  /// An entry of this path, with more members.
  private static String entry(String path, String more) {
    return """
    {"spiffe_id": "spiffe://example.org%s", "parent_id": "spiffe://example.org/agent",
     "selectors": [{"type": "unix", "value": "uid:1000"}]%s}\
    """
        .formatted(path, more);
  }

  private static String file(String... entries) {
    return "{\"entries\": [" + String.join(", ", entries) + "]}";
  }

  private static String many() {
    return file(IntStream.range(0, MANY).mapToObj(i -> entry("/w" + i, "")).toArray(String[]::new));
  }

  @Test
  void readsEveryMember() throws IOException {
    var more =
        """
        , "x509_svid_ttl": 60, "jwt_svid_ttl": 30, "federates_with": ["spiffe://partner.example"],
        "admin": true, "downstream": true, "store_svid": true, "expires_at": 4000000000,
        "dns_names": ["web.example.org"], "hint": "blue", "id": "e1", "entry_id": null,
        "additional_attributes": {"disable_x509_svid_prefetch": true, "jwt_svid_include_jti": true}
        """;

    assertThat(create(file(entry("/web", more)))).isZero();

    var asked = (BatchCreateEntryRequest) broker.asked.getFirst();
    var agent = asked.getEntries(0).getParentId();
    assertThat(agent.getPath()).isEqualTo("/agent");
    assertThat(asked.getEntriesList())
        .containsExactly(
            Entry.newBuilder()
                .setId("e1")
                .setSpiffeId(agent.toBuilder().setPath("/web"))
                .setParentId(agent)
                .addSelectors(Values.selector("unix:uid:1000"))
                .setX509SvidTtl(60)
                .setJwtSvidTtl(30)
                .addFederatesWith("partner.example")
                .setAdmin(true)
                .setDownstream(true)
                .setStoreSvid(true)
                .setExpiresAt(4_000_000_000L)
                .addDnsNames("web.example.org")
                .setHint("blue")
                .setAdditionalAttributes(
                    Entry.AdditionalAttributes.newBuilder()
                        .setDisableX509SvidPrefetch(true)
                        .setJwtSvidIncludeJti(true))
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          , "typo": 1                              | unknown field "typo"
          , "expires_at": "2027-01-01"             | "expires_at" is not a whole number
          , "expires_at": 1.5                      | "expires_at" is not a whole number
          , "expires_at": 1, "entryExpiry": 2      | one field under two names
          , "entry_id": "a", "id": "b"             | one field under two names
          , "x509_svid_ttl": "1h"                  | "x509_svid_ttl" is not a whole number
          , "x509_svid_ttl": -1                    | "x509_svid_ttl" is no number of seconds: -1
          , "jwt_svid_ttl": 2147483648             | "jwt_svid_ttl" is no number of seconds
          , "admin": "yes"                         | "admin" is not true or false
          , "downstream": 0                        | "downstream" is not true or false
          , "store_svid": []                       | "store_svid" is not true or false
          , "hint": 7                              | "hint" is not a text
          , "dns_names": "web"                     | "dns_names" is not a list
          , "dns_names": [7]                       | "dns_names" is not a list of texts
          , "federates_with": ["NOT A NAME"]       | trust domain name "NOT A NAME"
          , "federates_with": {}                   | "federates_with" is not a list
          , "additional_attributes": true          | not an object
          , "additional_attributes": {"typo": 1}   | unknown field "typo"
          , "additional_attributes": {"jwt_svid_include_jti": "no"} | is not true or false
          """)
  void sendsNothingIfAMemberIsNotUnderstood(String more, String why) throws IOException {
    assertThat(create(file(entry("/good", ""), entry("/web", more)))).isEqualTo(2);

    assertThat(console.err()).contains("f.json: entries[1]: ").contains(why).contains("fix: ");
    assertThat(broker.asked).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"entries": [              | f.json cannot be used: JSON
          {"entries": []} more       | has more after its end
          {"entries": [], "entries": []} | "entries"
          {"entries": [], "more": 1} | f.json is not {"entries": […]}
          {"entries": {}}            | f.json is not {"entries": […]}
          {}                         | f.json is not {"entries": […]}
          []                         | is not an object
          {"entries": [7]}           | entries[0]: not an object
          {"entries": [{"spiffe_id": 3}]} | entries[0]: "spiffe_id" is not a text
          {"entries": [{}]}          | entries[0]: "spiffe_id": not a SPIFFE ID
          {"entries": [{"spiffe_id": "spiffe://a/b", "parent_id": "spiffe://a/c", "selectors": "unix:uid:0"}]} | "selectors" is not a list
          {"entries": [{"spiffe_id": "spiffe://a/b", "parent_id": "spiffe://a/c", "selectors": ["unix"]}]} | "unix" is not a selector
          {"entries": [{"spiffe_id": "spiffe://a/b", "parent_id": "spiffe://a/c", "selectors": [{"type": "unix", "valeu": "x"}]}]} | unknown field "valeu"
          """)
  void refusesWhatIsNoListOfEntries(String json, String why) throws IOException {
    assertThat(create(json)).isEqualTo(2);

    assertThat(console.err()).contains(why);
    assertThat(broker.asked).isEmpty();
  }

  @Test
  void asksPartByPartAndSaysHowFarItIs() throws IOException {
    assertThat(create(many())).isZero();

    assertThat(broker.asked)
        .extracting(it -> ((BatchCreateEntryRequest) it).getEntriesCount())
        .containsExactly(1_000, 1_000, 500);
    assertThat(console.err()).isEqualTo("2000 of 2500 entries\n");
    assertThat(console.out().lines()).hasSize(1 + MANY).first().asString().startsWith("ID ");
  }

  @Test
  void showsWhatWasMadeBeforeTheBrokerStoppedAnswering() throws IOException {
    refusedPart = 2;

    assertThat(create(many())).isEqualTo(7);

    assertThat(console.out().lines()).hasSize(1 + 1_000);
    assertThat(console.err()).contains("error[UNREACHABLE]", "not ready");
  }

  @Test
  void namesTheEntryThatWasRefusedAndTheOneInItsPlace() throws IOException {
    assertThat(create(file(entry("/web", ""), entry("/there", "")))).isEqualTo(6);

    assertThat(console.err())
        .isEqualTo(
            """
            error[CONFLICT]: entry spiffe://example.org/there was not created
            cause: similar entry
            fix: see `entente entry show e-there`
            """);
    assertThat(console.out()).contains("e/web");
  }

  @ParameterizedTest
  @CsvSource({"create, --hint", "create, --id", "update, --hint"})
  void refusesOptionsOfOneEntryBesideAFile(String verb, String option) {
    var code =
        console.runAt(broker.socket(), "entry", verb, "--file", "entries.json", option, "blue");

    assertThat(code).isEqualTo(2);
    assertThat(console.err()).contains("--file and options that describe an entry exclude");
  }

  @Test
  void deletesAnyNumberOfIds() throws IOException {
    var ids =
        IntStream.range(0, MANY).mapToObj(i -> "\"e" + i + "\"").collect(Collectors.joining(","));
    var file = Files.writeString(dir.resolve("ids.json"), "{\"ids\": [" + ids + "]}");

    assertThat(console.runAt(broker.socket(), "entry", "delete", "--file", file.toString()))
        .isZero();

    assertThat(broker.asked).hasSize(3);
    assertThat(console.out().lines()).hasSize(MANY).last().isEqualTo("entry e2499 deleted");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"ids": [7]}  | ids[0] is not a text
          {"ids": [""]} | ids[0] is not a text
          {"id": []}    | is not {"ids": […]}
          """)
  void refusesWhatIsNoListOfIds(String json, String why) throws IOException {
    var file = Files.writeString(dir.resolve("ids.json"), json);

    assertThat(console.runAt(broker.socket(), "entry", "delete", "--file", file.toString()))
        .isEqualTo(2);

    assertThat(console.err()).contains(why);
    assertThat(broker.asked).isEmpty();
  }
}
