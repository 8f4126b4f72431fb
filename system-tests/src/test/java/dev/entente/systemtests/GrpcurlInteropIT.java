package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A client that knows nothing of our API but what reflection tells it.
@DisplayName("grpcurl explores our private socket")
final class GrpcurlInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  @Needs(Peer.GRPCURL)
  void findsEveryServiceAndCallsWhatItFound() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var entry =
        """
        {"entries": [{
          "id": "one",
          "spiffe_id": {"trust_domain": "td.example", "path": "/web"},
          "parent_id": {"trust_domain": "td.example", "path": "/node"},
          "selectors": [{"type": "unix", "value": "uid:1000"}]
        }]}
        """;

    var services = grpcurl(broker, List.of(), "list").value();
    var created =
        grpcurl(broker, List.of("-d", entry), "spire.api.server.entry.v1.Entry/BatchCreateEntry");
    var counted = grpcurl(broker, List.of(), "spire.api.server.entry.v1.Entry/CountEntries");
    var absent =
        grpcurl(
            broker, List.of("-d", "{\"id\": \"two\"}"), "spire.api.server.entry.v1.Entry/GetEntry");
    var health = grpcurl(broker, List.of(), "grpc.health.v1.Health/Check");

    assertThat(services.lines())
        .contains(
            "grpc.health.v1.Health",
            "spire.api.server.agent.v1.Agent",
            "spire.api.server.bundle.v1.Bundle",
            "spire.api.server.debug.v1.Debug",
            "spire.api.server.entry.v1.Entry",
            "spire.api.server.localauthority.v1.LocalAuthority",
            "spire.api.server.logger.v1.Logger",
            "spire.api.server.svid.v1.SVID",
            "spire.api.server.trustdomain.v1.TrustDomain");
    assertThat(created.json("id")).isEqualTo("one");
    assertThat(counted.value()).contains("\"count\": 1");
    assertThat(absent.refusal()).contains("NotFound");
    assertThat(health.json("status")).isEqualTo("SERVING");
  }

  private Command.Result grpcurl(BrokerProcess broker, List<String> options, String verb) {
    var command = new ArrayList<>(List.of(Peer.GRPCURL.program().toString()));
    command.addAll(List.of("-plaintext", "-unix"));
    command.addAll(options);
    command.addAll(List.of(broker.socket().toString(), verb));
    return Command.run(sandbox, Map.of(), command);
  }
}
