package dev.entente.cli;

import dev.entente.wire.entente.agent.v1.GetStatusRequest;
import dev.entente.wire.entente.agent.v1.OperationsGrpcClient;
import dev.entente.wire.entente.agent.v1.StatusResponse;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// How the agent of this machine is.
@Command(
    name = "status",
    description = "Shows how this machine's agent is; exit code 1 if it cannot serve now.",
    footer = {"entente agent status", "entente agent status -o json"})
final class AgentStatus implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();
  @Mixin private final AgentSocket agent = new AgentSocket();

  AgentStatus(Session session) {
    this.session = session;
  }

  static StatusResponse fetch(Calls calls) {
    return calls.ask(OperationsGrpcClient.GetStatus, GetStatusRequest.getDefaultInstance());
  }

  @Override
  public Integer call() {
    try (var calls = agent.open(session)) {
      var status = fetch(calls);
      if (format.isJson()) {
        session.output().json(WireJson.of(status));
      } else {
        session.output().fields(fields(status, session.clock().instant()));
      }
      return (status.getReady() ? ExitCode.OK : ExitCode.FAILED).value();
    }
  }

  private static Map<String, String> fields(StatusResponse status, Instant now) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("spiffe id", status.getSpiffeId().isEmpty() ? "none yet" : status.getSpiffeId());
    fields.put("ready", status.getReady() ? "yes" : "no: " + status.getReason());
    fields.put("version", status.getVersion());
    fields.put("broker", status.getBrokerAddress());
    fields.put("last sync", Values.time(status.getLastSyncSuccess(), now));
    fields.put("svid expires", Values.time(status.getSvidExpiresAt(), now));
    fields.put("entries", Long.toString(status.getEntries()));
    fields.put("x509-svids", Integer.toString(status.getX509SvidsCached()));
    fields.put("jwt-svids", Integer.toString(status.getJwtSvidsCached()));
    fields.put("bundle sequence", Long.toUnsignedString(status.getBundleSequence()));
    return fields;
  }
}
