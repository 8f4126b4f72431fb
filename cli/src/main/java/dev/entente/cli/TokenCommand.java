package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.entente.broker.v1.ListJoinTokensRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Join tokens: how a node without a platform proves itself, once.
final class TokenCommand {
  private TokenCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(new Noun(), new Create(session), new ListAll(session));
  }

  /// The noun itself.
  @Command(
      name = "token",
      description = "Join tokens, each good for one node, once.",
      footer = {"entente token create --ttl 10m", "entente token list"})
  static final class Noun extends Group {}

  /// Creates a token and shows it once.
  @Command(
      name = "create",
      aliases = "generate",
      description =
          "Creates a join token. It is shown now and never again: the broker keeps its"
              + " digest only.",
      footer = {
        "entente token create",
        "entente token create --ttl 1h --spiffe-id spiffe://example.org/nodes/rack-7",
        "entente token create -o json | jq -r .value >join.token"
      })
  static final class Create extends BrokerCommand {
    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        description = "How long it may be used (default: 10m).")
    private Duration ttl = Duration.ofMinutes(10);

    @Option(
        names = "--spiffe-id",
        paramLabel = "ID",
        description =
            "A further id for the agent that uses it, as a parent of entries. The entry that"
                + " says so is made when the token is used.")
    private @Nullable SpiffeId agentId;

    Create(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = CreateJoinTokenRequest.newBuilder().setTtl(Values.seconds("--ttl", ttl));
      if (agentId != null) {
        request.setAgentId(Values.wire(agentId));
      }
      var token = calls.ask(AgentGrpcClient.CreateJoinToken, request.build());
      if (json()) {
        output().json(WireJson.of(token));
      } else {
        output().line(token.getValue());
        var until = Values.time(token.getExpiresAt(), session().clock().instant());
        output().note("good once, until " + until + "; it is not shown again");
      }
      return ExitCode.OK;
    }
  }

  /// Lists tokens that wait.
  @Command(
      name = "list",
      description =
          "Lists the tokens that are neither used nor expired, by the first characters of"
              + " their SHA-256.",
      footer = {"entente token list"})
  static final class ListAll extends BrokerCommand {
    ListAll(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var tokens =
          calls
              .ask(OperationsGrpcClient.ListJoinTokens, ListJoinTokensRequest.getDefaultInstance())
              .getTokensList();
      if (json()) {
        output().json(Map.of("tokens", WireJson.list(tokens)));
      } else if (tokens.isEmpty()) {
        output().note("no tokens");
      } else {
        var now = session().clock().instant();
        output()
            .table(
                List.of("SHA-256", "GOOD UNTIL"),
                tokens.stream()
                    .map(t -> List.of(t.getIdPrefix() + "…", Values.time(t.getExpiresAt(), now)))
                    .toList());
      }
      return ExitCode.OK;
    }
  }
}
