package dev.entente.cli;

import dev.entente.wire.entente.broker.v1.GetStatusRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.entente.broker.v1.StatusResponse;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

/// How the broker is.
@Command(
    name = "status",
    description = "Shows how the broker is; exit code 1 if it cannot issue now.",
    footer = {"entente broker status", "entente broker status -o json"})
final class BrokerStatus extends BrokerCommand {
  BrokerStatus(Session session) {
    super(session);
  }

  static StatusResponse fetch(Calls calls) {
    return calls.ask(OperationsGrpcClient.GetStatus, GetStatusRequest.getDefaultInstance());
  }

  @Override
  ExitCode run(Calls calls) {
    var status = fetch(calls);
    if (json()) {
      output().json(WireJson.of(status));
    } else {
      output().fields(fields(status, session().clock().instant()));
    }
    return status.getReady() ? ExitCode.OK : ExitCode.FAILED;
  }

  private static Map<String, String> fields(StatusResponse status, Instant now) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("trust domain", status.getTrustDomain());
    fields.put("ready", status.getReady() ? "yes" : "no: " + status.getReason());
    fields.put("version", status.getVersion());
    fields.put("started", Values.time(status.getStartedAt(), now));
    fields.put("agents", Integer.toString(status.getAgents()));
    fields.put("entries", Long.toString(status.getEntries()));
    fields.put("bundle sequence", Long.toUnsignedString(status.getBundleSequence()));
    fields.put("store", status.getStoreEpoch() + ", revision " + status.getRevision());
    return fields;
  }
}
