package dev.entente.cli;

import com.google.protobuf.BoolValue;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.SelectorMatch;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which agents are meant; without options, all of them.
final class AgentFilters {
  /// The broker's own largest page.
  private static final int PAGE_SIZE = 500;

  /// How SPIRE's API writes a moment. In any other form it filters nothing, and nobody is told.
  private static final DateTimeFormatter SPIRES_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx x", Locale.ROOT);

  @Option(
      names = "--attested-by",
      paramLabel = "TYPE",
      description = "Agents attested so, such as join_token.")
  private String attestedBy = "";

  @Option(
      names = "--selector",
      paramLabel = "TYPE:VALUE",
      description = "Agents with these selectors; repeat it for more.")
  private List<Selector> selectors = new ArrayList<>();

  @Option(
      names = "--match",
      paramLabel = "exact|subset|superset|any",
      description = "How --selector compares (default: superset: the agent has at least these).")
  private EntryFilters.Matching matching = EntryFilters.Matching.SUPERSET;

  @Option(
      names = "--can-reattest",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Only agents that can, or cannot, attest again by themselves.")
  private @Nullable Boolean canReattest;

  @Option(names = "--banned", description = "Only banned agents.")
  private boolean banned;

  @Option(
      names = "--expires-before",
      paramLabel = "TIME",
      description = "Agents whose SVID ends before, such as 2027-01-31T00:00:00Z.")
  private @Nullable Instant expiresBefore;

  /// Every agent that passes, page after page.
  List<Agent> fetch(Calls calls) {
    var found = new ArrayList<Agent>();
    var request = ListAgentsRequest.newBuilder().setFilter(filter()).setPageSize(PAGE_SIZE);
    String next;
    do {
      var page = calls.ask(AgentGrpcClient.ListAgents, request.build());
      found.addAll(page.getAgentsList());
      next = page.getNextPageToken();
      request.setPageToken(next);
    } while (!next.isEmpty());
    return found;
  }

  private ListAgentsRequest.Filter filter() {
    var filter = ListAgentsRequest.Filter.newBuilder().setByAttestationType(attestedBy);
    if (expiresBefore != null) {
      filter.setByExpiresBefore(SPIRES_TIME.format(expiresBefore.atOffset(ZoneOffset.UTC)));
    }
    if (!selectors.isEmpty()) {
      filter.setBySelectorMatch(
          SelectorMatch.newBuilder().addAllSelectors(selectors).setMatch(matching.ofSelectors()));
    }
    if (canReattest != null) {
      filter.setByCanReattest(BoolValue.of(canReattest));
    }
    if (banned) {
      filter.setByBanned(BoolValue.of(true));
    }
    return filter.build();
  }

  /// The same filter, in the type that counting takes.
  CountAgentsRequest.Filter countFilter() {
    var same = CountAgentsRequest.Filter.newBuilder();
    filter()
        .getAllFields()
        .forEach((field, value) ->
            same.setField(
                CountAgentsRequest.Filter.getDescriptor().findFieldByNumber(field.getNumber()),
                value));
    return same.build();
  }
}
