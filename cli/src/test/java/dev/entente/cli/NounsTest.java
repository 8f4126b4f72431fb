package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.OperationsGrpcService;
import dev.entente.wire.entente.broker.v1.OperationsProto;
import dev.entente.wire.entente.broker.v1.StatusResponse;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcService;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsResponse;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.JoinToken;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.SelectorMatch;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NounsTest {
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

  private void agents(Consumer<FakeBroker.Methods> methods) {
    broker =
        Optional.of(
            FakeBroker.at(
                dir.resolve("b.sock"),
                s -> s.service(AgentGrpcService.SERVICE_DESCRIPTOR, methods)));
  }

  private int run(String... arguments) {
    return console.runAt(broker().socket(), arguments);
  }

  @Test
  void filtersAgentsByWhetherTheyCanAttestAgain() {
    agents(m -> m.answer(AgentGrpcService.ListAgents, ListAgentsResponse.getDefaultInstance()));

    assertThat(
            run("agent", "list", "--can-reattest", "false", "--match", "any", "--selector", "a:b"))
        .isZero();

    var filter = ((ListAgentsRequest) broker().asked.getFirst()).getFilter();
    assertThat(filter.hasByCanReattest()).isTrue();
    assertThat(filter.getByCanReattest().getValue()).isFalse();
    assertThat(filter.getBySelectorMatch().getMatch())
        .isEqualTo(SelectorMatch.MatchBehavior.MATCH_ANY);
  }

  @Test
  void showsAJoinTokenOnce() {
    agents(m ->
        m.answer(
            AgentGrpcService.CreateJoinToken,
            JoinToken.newBuilder()
                .setValue("abc")
                .setExpiresAt(Console.NOW.getEpochSecond() + 600)
                .build()));

    assertThat(run("token", "create")).isZero();

    assertThat(console.out()).isEqualTo("abc\n");
    assertThat(console.err()).contains("(in 10m)");
    assertThat(((CreateJoinTokenRequest) broker().asked.getFirst()).getTtl()).isEqualTo(600);
  }

  @Test
  void purgesAgentsThatAreLongGoneButNotBannedOnes() {
    var now = Console.NOW.getEpochSecond();
    var day = 86_400;
    agents(m ->
        m.answer(
                AgentGrpcService.ListAgents,
                ListAgentsResponse.newBuilder()
                    .addAgents(agent("/gone", now - 30L * day))
                    .addAgents(agent("/recent", now - 30L * day + 1))
                    .addAgents(agent("/banned", now - 90L * day).toBuilder().setBanned(true))
                    .build())
            .answer(AgentGrpcService.DeleteAgent, Empty.getDefaultInstance()));

    assertThat(run("agent", "purge")).isZero();

    assertThat(console.out()).isEqualTo("agent spiffe://example.org/gone evicted\n");
    assertThat(broker().asked.getLast())
        .isEqualTo(DeleteAgentRequest.newBuilder().setId(id("/gone")).build());
  }

  @ParameterizedTest
  @CsvSource({"ban, banned", "evict, evicted"})
  void tellsOfEachAgentAndGoesOnBehindOneThatIsNotThere(String verb, String done) {
    agents(m ->
        m.compute(AgentGrpcService.BanAgent, request -> unlessGone(request.getId()))
            .compute(AgentGrpcService.DeleteAgent, request -> unlessGone(request.getId())));

    var exit =
        run("agent", verb, "spiffe://example.org/gone", "spiffe://example.org/spire/agent/a/b");

    assertThat(exit).isEqualTo(ExitCode.NOT_FOUND.value());
    assertThat(console.out())
        .isEqualTo("agent spiffe://example.org/spire/agent/a/b " + done + "\n");
    assertThat(console.err())
        .contains("agent spiffe://example.org/gone was not " + done)
        .contains("no such agent");
  }

  @Test
  void stopsWhenTheBrokerCannotDoIt() {
    agents(m -> m.refuse(AgentGrpcService.BanAgent, GrpcStatus.UNAVAILABLE, "not now"));

    var exit = run("agent", "ban", "spiffe://example.org/a", "spiffe://example.org/b");

    assertThat(exit).isEqualTo(ExitCode.UNREACHABLE.value());
    assertThat(broker().asked).hasSize(1);
  }

  private static Empty unlessGone(SPIFFEID id) {
    if (id.getPath().equals("/gone")) {
      throw RpcStatus.of(GrpcStatus.NOT_FOUND, "no such agent").asException();
    }
    return Empty.getDefaultInstance();
  }

  @Test
  void saysThatNoAgentIsLongGone() {
    agents(m -> m.answer(AgentGrpcService.ListAgents, ListAgentsResponse.getDefaultInstance()));

    assertThat(run("agent", "purge")).isZero();

    assertThat(console.err()).isEqualTo("no agent expired for 30d\n");
  }

  /// In another form than SPIRE's the filter passes every agent.
  @Test
  void sendsTheEndOfAnSvidAsSpireWritesIt() {
    agents(m -> m.answer(AgentGrpcService.ListAgents, ListAgentsResponse.getDefaultInstance()));

    assertThat(run("agent", "list", "--expires-before", "2027-01-31T01:02:03Z")).isZero();

    assertThat(broker().asked)
        .containsExactly(
            ListAgentsRequest.newBuilder()
                .setFilter(
                    ListAgentsRequest.Filter.newBuilder()
                        .setByExpiresBefore("2027-01-31 01:02:03 +0000 +00"))
                .setPageSize(500)
                .build());
    assertThat(run("agent", "list", "--expires-before", "yesterday")).isEqualTo(2);
    assertThat(console.err()).contains("\"yesterday\" is not a time, write it like 2027-");
  }

  @ParameterizedTest
  @CsvSource({
    "spiffe://example.org/x, id: not an agent, id: not an agent",
    "nonsense, , not a SPIFFE ID: \"nonsense\"",
    ", , missing required parameter: 'SPIFFE-ID'"
  })
  void showsTheOneAgentThatIsNamed(@Nullable String id, @Nullable String refusal, String said) {
    agents(m ->
        m.refuse(AgentGrpcService.GetAgent, GrpcStatus.INVALID_ARGUMENT, String.valueOf(refusal)));

    var code = id == null ? run("agent", "show") : run("agent", "show", id);

    assertThat(code).isEqualTo(2);
    assertThat(console.err()).contains(said);
  }

  private static Agent agent(String path, long expiresAt) {
    return Agent.newBuilder().setId(id(path)).setX509SvidExpiresAt(expiresAt).build();
  }

  @Test
  void failsWhenTheBrokerIsNotReady() {
    broker =
        Optional.of(
            FakeBroker.at(
                dir.resolve("b.sock"),
                s ->
                    s.service(
                        OperationsProto.getDescriptor().findServiceByName("Operations"),
                        m ->
                            m.answer(
                                OperationsGrpcService.GetStatus,
                                StatusResponse.newBuilder()
                                    .setTrustDomain(TrustDomain.parse("example.org").name())
                                    .setReason("the view is not loaded")
                                    .build()))));

    assertThat(run("broker", "status")).isEqualTo(1);

    assertThat(console.out()).contains("no: the view is not loaded");
  }
}
