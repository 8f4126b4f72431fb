package dev.entente.broker;

import static dev.entente.broker.TestBroker.csr;
import static dev.entente.broker.TestBroker.get;
import static dev.entente.broker.TestBroker.wire;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsResponse;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.AgentMask;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.SelectorMatch;
import dev.entente.wire.spire.types.SelectorMatch.MatchBehavior;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How administrators ask for nodes, over real sockets.
class NodeCallsTest extends BrokerCalls {
  private String joined;
  private String banned;

  @Override
  String configuration(Path directory) {
    return "attestors: {join_token: {}, test_list: {}}";
  }

  /// Three nodes with the selectors `a`, `a` and `b`, `b` and `c`, and two with join tokens.
  @BeforeAll
  void attestNodes() {
    var csr = csr(KeyAlgorithm.EC_P256.generate());
    for (var list : List.of("a", "a.b", "b.c")) {
      get(TestBroker.attest(broker.anonymous(), TestListAttestor.TYPE, list, csr));
    }
    joined = broker.attest().id().path();
    banned = broker.attest().id().path();
    get(
        broker.local(),
        AgentGrpcClient.BanAgent,
        BanAgentRequest.newBuilder().setId(wire(banned)).build());
  }

  @ParameterizedTest
  @CsvSource({
    "MATCH_EXACT, a.b, a.b",
    "MATCH_EXACT, b, none",
    "MATCH_SUBSET, a.b, a a.b",
    "MATCH_SUBSET, c, none",
    "MATCH_SUPERSET, b, a.b b.c",
    "MATCH_SUPERSET, a.c, none",
    "MATCH_ANY, a.c, a a.b b.c",
    "MATCH_ANY, d, none",
  })
  void findsNodesByTheirSelectors(MatchBehavior behavior, String asked, String found) {
    var match = SelectorMatch.newBuilder().setMatch(behavior).addAllSelectors(selectors(asked));
    var expected = found.equals("none") ? List.<String>of() : listedAll(found);

    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setBySelectorMatch(match)))
        .containsExactlyElementsOf(expected);
    assertThat(count(CountAgentsRequest.Filter.newBuilder().setBySelectorMatch(match)))
        .isEqualTo(expected.size());
  }

  @Test
  void findsNodesByTypeBanReattestationAndExpiry() {
    var yes = BoolValue.of(true);
    var no = BoolValue.of(false);
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByAttestationType("join_token")))
        .containsExactly(joined, banned);
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByAttestationType("x509pop")))
        .isEmpty();
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByBanned(yes)))
        .containsExactly(banned);
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByBanned(no)))
        .containsExactly(listed("a"), listed("a.b"), listed("b.c"), joined);
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByCanReattest(yes)))
        .containsExactly(listed("a"), listed("a.b"), listed("b.c"));
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByCanReattest(no)))
        .contains(joined)
        .doesNotContain(listed("a"));
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByExpiresBefore(moment("2090"))))
        .contains(listed("a"), joined);
    assertThat(paths(ListAgentsRequest.Filter.newBuilder().setByExpiresBefore(moment("2020"))))
        .isEmpty();
    assertThat(count(CountAgentsRequest.Filter.newBuilder().setByBanned(yes))).isEqualTo(1);
    assertThat(count(CountAgentsRequest.Filter.newBuilder().setByExpiresBefore(moment("2020"))))
        .isZero();
  }

  @Test
  void refusesAFilterThatNamesNoSelector() {
    var filter =
        ListAgentsRequest.Filter.newBuilder()
            .setBySelectorMatch(SelectorMatch.getDefaultInstance());

    assertThat(codeOf(() -> paths(filter))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void listsInPagesUntilTheTokenIsEmpty() {
    var request = ListAgentsRequest.newBuilder().setPageSize(2);

    var pages = pages(request);

    assertThat(pages)
        .hasSizeGreaterThan(2)
        .allSatisfy(page -> assertThat(page.getAgentsCount()).isLessThanOrEqualTo(2));
    assertThat(pages)
        .flatMap(NodeCallsTest::paths)
        .containsExactly(listed("a"), listed("a.b"), listed("b.c"), joined, banned);
    request.setPageToken("second");
    assertThat(codeOf(() -> list(request))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  /// A page is of what the filter left, not of all nodes.
  @Test
  void listsInPagesWhatAFilterLeaves() {
    var match =
        SelectorMatch.newBuilder()
            .setMatch(MatchBehavior.MATCH_SUPERSET)
            .addAllSelectors(selectors("b"));
    var request =
        ListAgentsRequest.newBuilder()
            .setFilter(ListAgentsRequest.Filter.newBuilder().setBySelectorMatch(match))
            .setPageSize(1);

    assertThat(pages(request))
        .flatMap(NodeCallsTest::paths)
        .containsExactly(listed("a.b"), listed("b.c"));
  }

  @Test
  void showsOnlyWhatTheOutputMaskNames() {
    var mask = AgentMask.newBuilder().setSelectors(true).build();
    var request = GetAgentRequest.newBuilder().setId(wire(listed("a.b")));
    var masked =
        Agent.newBuilder().setId(wire(listed("a.b"))).addAllSelectors(selectors("a.b")).build();

    assertThat(get(broker.local(), AgentGrpcClient.GetAgent, request.setOutputMask(mask).build()))
        .isEqualTo(masked);
    assertThat(list(ListAgentsRequest.newBuilder().setOutputMask(mask)).getAgentsList())
        .contains(masked);
    assertThat(
            get(
                broker.local(),
                AgentGrpcClient.GetAgent,
                request.setOutputMask(AgentMask.getDefaultInstance()).build()))
        .isEqualTo(Agent.newBuilder().setId(wire(listed("a.b"))).build());
    var whole = get(broker.local(), AgentGrpcClient.GetAgent, request.clearOutputMask().build());
    assertThat(whole.getAttestationType()).isEqualTo(TestListAttestor.TYPE);
    assertThat(whole.getX509SvidSerialNumber()).isNotEmpty();
    assertThat(whole.getX509SvidExpiresAt()).isPositive();
    assertThat(whole.getCanReattest()).isTrue();
  }

  private static List<String> listedAll(String lists) {
    return Stream.of(lists.split(" ", -1)).map(NodeCallsTest::listed).toList();
  }

  private static String listed(String list) {
    return "/spire/agent/" + TestListAttestor.TYPE + "/" + list;
  }

  private static List<Selector> selectors(String list) {
    return Stream.of(list.split("\\.", -1))
        .map(value -> Selector.newBuilder().setType(TestListAttestor.TYPE).setValue(value).build())
        .toList();
  }

  private static String moment(String year) {
    return year + "-01-01 00:00:00 +0000 +00";
  }

  private List<String> paths(ListAgentsRequest.Filter.Builder filter) {
    return paths(list(ListAgentsRequest.newBuilder().setFilter(filter)));
  }

  private static List<String> paths(ListAgentsResponse page) {
    return page.getAgentsList().stream().map(agent -> agent.getId().getPath()).toList();
  }

  private List<ListAgentsResponse> pages(ListAgentsRequest.Builder request) {
    return pages(token -> list(request.setPageToken(token)), ListAgentsResponse::getNextPageToken);
  }

  private ListAgentsResponse list(ListAgentsRequest.Builder request) {
    return get(broker.local(), AgentGrpcClient.ListAgents, request.build());
  }

  private int count(CountAgentsRequest.Filter.Builder filter) {
    return get(
            broker.local(),
            AgentGrpcClient.CountAgents,
            CountAgentsRequest.newBuilder().setFilter(filter).build())
        .getCount();
  }
}
