package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A process that knows SPIFFE through the Python package `spiffe` only.
@DisplayName("A Python workload of our agent")
final class PythonSpiffeInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  @Needs(Peer.PYTHON)
  void holdsAnSvidThatIsRotatedAndTokensThatItAndTheAgentAccept() throws IOException {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var python = Peer.PYTHON.program();
    var node = "/spire/agent/join_token/" + token;
    var entry = AdminApi.entry(node, "/snake", "unix:path:" + python.toRealPath());
    broker.admin().createEntry(entry.setX509SvidTtl(20).build());
    var command =
        List.of(
            python.toString(),
            Distribution.pythonWorkload().toString(),
            "unix://" + agent.socket());
    var snake = WorkloadProcess.start(sandbox, "snake", command);

    assertThat(snake.ask("x509")).containsEntry("id", "spiffe://td.example/snake");
    snake.ask("watch");
    var first = snake.event();
    var jwt = snake.ask("jwt backend");
    assertThat(snake.ask("validate backend " + jwt.get("token")))
        .containsEntry("id", "spiffe://td.example/snake")
        .containsEntry("agent", "spiffe://td.example/snake");
    assertThat(snake.refusal("validate other " + jwt.get("token"))).isNotEmpty();
    assertThat(snake.event().get("serial")).isNotEqualTo(first.get("serial"));
  }
}
