package dev.entente.cli;

import dev.entente.runtime.Units;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.entente.broker.v1.AgentEvidence;
import dev.entente.wire.entente.broker.v1.GetAgentEvidenceRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.types.Agent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The agents that a broker knows.
final class AgentCommand {
  private AgentCommand() {}

  /// Lists agents.
  @Command(
      name = "list",
      description = "Lists the attested agents that pass every given filter.",
      footer = {"entente agent list", "entente agent list --banned", "entente agent list -o json"})
  static final class ListAll extends BrokerCommand {
    @Mixin private final AgentFilters filters = new AgentFilters();

    ListAll(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var agents = filters.fetch(calls);
      if (json()) {
        output().json(Map.of("agents", WireJson.list(agents)));
      } else if (agents.isEmpty()) {
        output().note("no agents");
      } else {
        var now = session().clock().instant();
        output()
            .table(
                List.of("SPIFFE ID", "ATTESTED BY", "VERSION", "STATE", "SVID EXPIRES"),
                agents.stream().map(agent -> row(agent, now)).toList());
      }
      return ExitCode.OK;
    }

    private static List<String> row(Agent agent, Instant now) {
      return List.of(
          Values.text(agent.getId()),
          agent.getAttestationType(),
          agent.getAgentVersion(),
          state(agent, now),
          Values.time(agent.getX509SvidExpiresAt(), now));
    }
  }

  private static String state(Agent agent, Instant now) {
    if (agent.getBanned()) {
      return "banned";
    }
    return agent.getX509SvidExpiresAt() <= now.getEpochSecond() ? "expired" : "active";
  }

  /// Shows one agent.
  @Command(
      name = "show",
      description = "Shows one agent with its selectors, and what it proved to get them.",
      footer = {"entente agent show spiffe://example.org/spire/agent/join_token/…"})
  static final class Show extends BrokerCommand {
    @Parameters(paramLabel = "SPIFFE-ID", description = "The agent.")
    private @Nullable SpiffeId id;

    Show(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var agent = Required.value(id);
      var request = GetAgentRequest.newBuilder().setId(Values.wire(agent)).build();
      print(calls.ask(AgentGrpcClient.GetAgent, request), evidence(calls, agent));
      return ExitCode.OK;
    }

    /// Empty if the broker cannot tell, such as one of SPIRE's.
    private static Optional<AgentEvidence> evidence(Calls calls, SpiffeId id) {
      var request = GetAgentEvidenceRequest.newBuilder().setId(Values.wire(id)).build();
      return calls.askIfKnown(OperationsGrpcClient.GetAgentEvidence, request);
    }

    private void print(Agent agent, Optional<AgentEvidence> evidence) {
      if (json()) {
        var members = new LinkedHashMap<String, Object>();
        WireJson.members(agent).forEach(members::put);
        evidence.ifPresent(it -> {
          members.put("attested_at", it.getAttestedAt());
          members.put("evidence", new TreeMap<>(it.getClaimsMap()));
        });
        output().json(members);
        return;
      }
      var now = session().clock().instant();
      var fields = new LinkedHashMap<String, String>();
      fields.put("spiffe id", Values.text(agent.getId()));
      fields.put("attested by", agent.getAttestationType());
      fields.put("version", agent.getAgentVersion());
      fields.put("state", state(agent, now));
      fields.put("svid serial", agent.getX509SvidSerialNumber());
      fields.put("svid expires", Values.time(agent.getX509SvidExpiresAt(), now));
      fields.put("may re-attest", agent.getCanReattest() ? "yes" : "no");
      evidence.ifPresent(it -> {
        fields.put("attested", Values.time(it.getAttestedAt(), now));
        fields.put("evidence", claims(it));
      });
      fields.put("selectors", Values.lines(agent.getSelectorsList()));
      output().fields(fields);
    }
  }

  private static String claims(AgentEvidence evidence) {
    return new TreeMap<>(evidence.getClaimsMap())
        .entrySet().stream()
            .map(claim -> claim.getKey() + ": " + claim.getValue())
            .collect(Collectors.joining("\n"));
  }

  /// Bans agents.
  @Command(
      name = "ban",
      description = "Refuses an agent from now on, also if it attests again, until it is evicted.",
      footer = {"entente agent ban spiffe://example.org/spire/agent/join_token/…"})
  static final class Ban extends BrokerCommand {
    @Parameters(arity = "1..*", paramLabel = "SPIFFE-ID", description = "The agents.")
    private List<SpiffeId> ids = new ArrayList<>();

    Ban(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var outcomes = new Outcomes(session());
      for (var id : ids) {
        var request = BanAgentRequest.newBuilder().setId(Values.wire(id)).build();
        outcomes.attempt(
            "agent " + id, "banned", () -> calls.ask(AgentGrpcClient.BanAgent, request));
      }
      return outcomes.finish(json());
    }
  }

  /// Evicts agents.
  @Command(
      name = "evict",
      aliases = "delete",
      description = "Forgets an agent; it has to attest again.",
      footer = {"entente agent evict spiffe://example.org/spire/agent/join_token/…"})
  static final class Evict extends BrokerCommand {
    @Parameters(arity = "1..*", paramLabel = "SPIFFE-ID", description = "The agents.")
    private List<SpiffeId> ids = new ArrayList<>();

    Evict(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var outcomes = new Outcomes(session());
      ids.forEach(id -> evict(calls, id, outcomes));
      return outcomes.finish(json());
    }
  }

  private static void evict(Calls calls, SpiffeId id, Outcomes outcomes) {
    var request = DeleteAgentRequest.newBuilder().setId(Values.wire(id)).build();
    outcomes.attempt(
        "agent " + id, "evicted", () -> calls.ask(AgentGrpcClient.DeleteAgent, request));
  }

  /// Counts agents.
  @Command(
      name = "count",
      description = "Counts the agents that pass every given filter.",
      footer = {"entente agent count", "entente agent count --attested-by join_token"})
  static final class Count extends BrokerCommand {
    @Mixin private final AgentFilters filters = new AgentFilters();

    Count(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = CountAgentsRequest.newBuilder().setFilter(filters.countFilter()).build();
      Counts.print(this, calls.ask(AgentGrpcClient.CountAgents, request).getCount());
      return ExitCode.OK;
    }
  }

  /// Evicts agents that are long gone.
  @Command(
      name = "purge",
      description = "Evicts agents whose SVID expired long ago; banned agents stay banned.",
      footer = {"entente agent purge --dry-run", "entente agent purge --expired-for 7d"})
  static final class Purge extends BrokerCommand {
    @Option(
        names = "--expired-for",
        paramLabel = "DURATION",
        description = "How long ago at least (default: 30d).")
    private Duration expiredFor = Duration.ofDays(30);

    @Option(names = "--dry-run", description = "Only shows what would be evicted.")
    private boolean dryRun;

    Purge(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var limit = session().clock().instant().minus(expiredFor).getEpochSecond();
      var gone =
          new AgentFilters()
              .fetch(calls).stream()
                  .filter(agent -> !agent.getBanned() && agent.getX509SvidExpiresAt() <= limit)
                  .map(agent -> SpiffeId.parse(Values.text(agent.getId())))
                  .toList();
      if (dryRun) {
        gone.forEach(id -> output().line(id.toString()));
        output().note(gone.size() + " agents expired for " + Units.text(expiredFor));
        return ExitCode.OK;
      }
      if (gone.isEmpty()) {
        output().note("no agent expired for " + Units.text(expiredFor));
      }
      var outcomes = new Outcomes(session());
      gone.forEach(id -> evict(calls, id, outcomes));
      return outcomes.finish(json());
    }
  }
}
