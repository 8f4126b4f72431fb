package dev.entente.agent.workload.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.kube.KubeClient;
import dev.entente.runtime.kube.KubeTarget;
import dev.entente.testkit.FakeKubelet;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ApiServerTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void asksForTheLabelsOfANamespace() throws Exception {
    try (var fake = new FakeKubelet(Optional.empty())) {
      fake.says(200, "{\"kind\":\"Namespace\",\"metadata\":{\"labels\":{\"team\":\"a\"}}}");
      var target = new KubeTarget("localhost", fake.port(), Optional.empty());
      var server = new ApiServer(new KubeClient("API server", target, MINUTE));

      assertThat(server.of("shop", TimeLimit.within(MINUTE))).containsOnly(Map.entry("team", "a"));
      assertThat(fake.asked()).containsExactly("/api/v1/namespaces/shop null -");
      assertThatThrownBy(() -> server.of("../x", TimeLimit.within(MINUTE)))
          .isInstanceOf(AttestationFault.class);
    }
  }
}
