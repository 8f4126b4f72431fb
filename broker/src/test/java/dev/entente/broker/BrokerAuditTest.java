package dev.entente.broker;

import static dev.entente.broker.TestBroker.attest;
import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.entente.broker.v1.BackupRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Selector;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a whole broker leaves in its audit log, and what it must not leave anywhere.
class BrokerAuditTest {
  @TempDir private Path directory;
  private TestBroker broker;

  @BeforeEach
  void start() {
    broker = TestBroker.start(directory, "");
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private String joinToken(String token, String furtherId) {
    var request = CreateJoinTokenRequest.newBuilder().setTtl(600).setToken(token);
    if (!furtherId.isEmpty()) {
      request.setAgentId(wire(furtherId));
    }
    return get(broker.local(), AgentGrpcClient.CreateJoinToken, request.build()).getValue();
  }

  /// Every file below the data directory, as text.
  private String everything() throws IOException {
    var text = new StringBuilder();
    try (var files = Files.walk(directory.resolve("data"))) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        text.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return text.toString();
  }

  /// The events of a type, in order; written when the broker is closed at the latest.
  private List<JsonNode> events(String type) throws IOException {
    var events = new ArrayList<JsonNode>();
    try (var files = Files.list(directory.resolve("data/audit"))) {
      for (var file : files.sorted().toList()) {
        for (var line : Files.readAllLines(file)) {
          var event = new JsonMapper().readTree(line);
          if (event.path("type").asText().equals(type)) {
            events.add(event);
          }
        }
      }
    }
    return events;
  }

  private static List<String> texts(List<JsonNode> events, String member) {
    return events.stream().map(event -> event.path(member).asText()).toList();
  }

  @Test
  void aTokenThatWaitsOrIsUnknownStandsNowhereInClear() throws Exception {
    joinToken("canary-waiting", "/fleet/one");
    assertThatThrownBy(() ->
            get(attest(broker.anonymous(), "canary-unknown", csr(KeyAlgorithm.EC_P256.generate()))))
        .isInstanceOf(RpcException.class);

    broker.broker.close();

    assertThat(everything()).doesNotContain("canary-waiting", "canary-unknown");
  }

  @Test
  void theAliasOfATokenIsAnEntryOnceTheTokenIsUsed() throws Exception {
    joinToken("canary-used", "/fleet/one");
    assertThat(entries()).isEmpty();

    var node = broker.node("canary-used", KeyAlgorithm.EC_P256.generate());

    var alias = entries().getFirst();
    assertThat(alias.getSpiffeId().getPath()).isEqualTo("/fleet/one");
    assertThat(alias.getParentId().getPath()).isEqualTo(node.id().path());
    assertThat(alias.getSelectors(0).getValue()).isEqualTo(node.id().toString());
    broker.broker.close();
    assertThat(texts(events("node_attestation"), "agent_id"))
        .containsExactly(
            "spiffe://example.org/spire/agent/join_token/<redacted sha256:"
                + Digests.sha256Hex("canary-used").substring(0, 12)
                + ">");
    var tokens = events("join_token");
    assertThat(texts(tokens, "action")).containsExactly("create", "create", "use");
    assertThat(texts(tokens, "phase")).containsExactly("intent", "result", "result");
    assertThat(texts(tokens, "token_sha256")).containsOnly(Digests.sha256Hex("canary-used"));
  }

  private List<Entry> entries() {
    return get(broker.local(), EntryGrpcClient.ListEntries, ListEntriesRequest.getDefaultInstance())
        .getEntriesList();
  }

  @Test
  void anAttestationAfterALostAnswerIsCalledRepeated() throws Exception {
    var keys = KeyAlgorithm.EC_P256.generate();
    joinToken("canary-twice", "");
    broker.node("canary-twice", keys);
    broker.node("canary-twice", keys);

    broker.broker.close();

    assertThat(texts(events("node_attestation"), "repeated")).containsExactly("false", "true");
    assertThat(texts(events("join_token"), "action")).containsOnlyOnce("use");
  }

  @Test
  void aChangeByAnAdministratorIsOnDiskBeforeItIsMade() throws Exception {
    var node = broker.attest();
    var entry =
        broker.create(
            Entry.newBuilder()
                .setSpiffeId(wire("/audited"))
                .setParentId(wire(node.id().path()))
                .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1"))
                .build());

    // The answer is here, and nothing was closed: the intent is durable by now.
    var intent = events("entry_change").getFirst();
    assertThat(intent.path("phase").asText()).isEqualTo("intent");
    assertThat(intent.path("entries").get(0).path("entry_id").asText()).isEqualTo(entry.getId());

    get(
        broker.local(),
        EntryGrpcClient.BatchDeleteEntry,
        BatchDeleteEntryRequest.newBuilder().addIds(entry.getId()).addIds("none").build());
    get(
        broker.local(),
        EntryGrpcClient.BatchDeleteEntry,
        BatchDeleteEntryRequest.newBuilder().addIds("none").build());
    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(node.id().path())).build());
    broker.broker.close();

    var changes = events("entry_change");
    assertThat(texts(changes, "phase"))
        .containsExactly("intent", "result", "intent", "result", "intent");
    assertThat(texts(changes, "action"))
        .containsExactly("create", "create", "delete", "delete", "delete");
    assertThat(changes.get(3).path("entries")).hasSize(1);
    assertThat(events("completion"))
        .anySatisfy(event -> {
          assertThat(event.path("of").asText()).isEqualTo("entry_change");
          assertThat(event.path("status").asText()).isEqualTo("refused");
        });
    assertThat(texts(events("node_change"), "phase")).containsExactly("intent", "result");
  }

  @Test
  void nothingIsChangedWhileTheLogCannotBeWritten() throws Exception {
    broker.broker.audit().close();

    assertThatThrownBy(() -> joinToken("canary-refused", ""))
        .isInstanceOfSatisfying(
            RpcException.class, e -> assertThat(e.code()).isEqualTo(GrpcStatus.UNAVAILABLE));
    assertThatThrownBy(() ->
            get(attest(broker.anonymous(), "canary-refused", csr(KeyAlgorithm.EC_P256.generate()))))
        .isInstanceOfSatisfying(
            RpcException.class, e -> assertThat(e.code()).isEqualTo(GrpcStatus.INVALID_ARGUMENT));
  }

  @Test
  void aBackupIsRecordedWithItsDigest() throws Exception {
    var target = directory.resolve("copy.db");
    get(
        broker.local(),
        OperationsGrpcClient.Backup,
        BackupRequest.newBuilder().setPath(target.toString()).build());
    assertThatThrownBy(() ->
            get(
                broker.local(),
                OperationsGrpcClient.Backup,
                BackupRequest.newBuilder().setPath(target.toString()).build()))
        .isInstanceOfSatisfying(
            RpcException.class, e -> assertThat(e.code()).isEqualTo(GrpcStatus.ALREADY_EXISTS));

    broker.broker.close();

    assertThat(texts(events("backup"), "sha256"))
        .containsExactly("", Digests.sha256Hex(Files.readAllBytes(target)), "");
  }
}
