package dev.entente.cli;

import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsRequest;
import dev.entente.wire.entente.broker.v1.ListRefusedAttestationsResponse;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.entente.broker.v1.RefusedAttestation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Why something did not happen.
final class ExplainCommand {
  private ExplainCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(new Noun(), new Attestation(session));
  }

  /// The noun itself.
  @Command(
      name = "explain",
      description = "Why something did not happen.",
      footer = {"entente explain attestation"})
  static final class Noun extends Group {}

  /// Tells why nodes were refused.
  @Command(
      name = "attestation",
      description =
          "Tells why nodes were refused of late: which check failed, and what the node was not"
              + " told. The broker keeps the last 500 in memory, 50 of one address; a restart"
              + " forgets them.",
      footer = {
        "entente explain attestation",
        "entente explain attestation --attested-by aws_iid --address 192.0.2.7",
        "entente explain attestation -o json"
      })
  static final class Attestation extends BrokerCommand {
    @Option(
        names = "--attested-by",
        paramLabel = "TYPE",
        description = "Only evidence of this type, such as aws_iid.")
    private String type = "";

    @Option(
        names = "--address",
        paramLabel = "IP",
        description = "Only nodes that came from this address.")
    private String address = "";

    @Option(
        names = "--last",
        paramLabel = "N",
        description = "Only the newest, so many (default: 20).")
    private int last = 20;

    Attestation(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var answer =
          calls.ask(
              OperationsGrpcClient.ListRefusedAttestations,
              ListRefusedAttestationsRequest.newBuilder()
                  .setAttestor(type)
                  .setAddress(address)
                  .build());
      var shown = answer.getAttestationsList().stream().limit(Math.max(0, last)).toList();
      if (json()) {
        output()
            .json(
                Map.of(
                    "attestations", WireJson.list(shown),
                    "count_since_start", answer.getCountSinceStart()));
      } else if (shown.isEmpty()) {
        output().note("no attestation was refused" + since(answer));
      } else {
        print(shown);
        output().note(shown.size() + " shown" + since(answer));
      }
      return ExitCode.OK;
    }

    private static String since(ListRefusedAttestationsResponse answer) {
      return "; since the broker started: " + Long.toUnsignedString(answer.getCountSinceStart());
    }

    private void print(List<RefusedAttestation> attestations) {
      var now = session().clock().instant();
      output()
          .table(
              List.of("TIME", "ADDRESS", "ATTESTED BY", "CODE", "WHY", "EVIDENCE"),
              attestations.stream().map(it -> row(it, now)).toList());
    }

    private static List<String> row(RefusedAttestation attestation, Instant now) {
      return List.of(
          Values.time(attestation.getAt(), now),
          attestation.getAddress(),
          attestation.getAttestor(),
          attestation.getCode() + (attestation.getFault() ? " (may come again)" : ""),
          attestation.getDetail(),
          attestation.getEvidenceSha256().substring(0, 12) + "…");
    }
  }
}
