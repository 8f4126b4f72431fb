package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Three brokers of the distribution, each below the one before as the workload of its agent.
@Order(6)
@DisplayName("Brokers below brokers")
final class NestedIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  void workloadsOfTheFirstAndTheThirdLevelSpeakMutualTls() {
    var top = Nested.level(sandbox, "top", new BrokerProcess(sandbox, "top").start());
    var middle = Nested.level(sandbox, "middle", top.below("middle").start());
    var low = Nested.level(sandbox, "low", middle.below("low").start());
    var high = top.workload("high");
    var deep = low.workload("deep");
    high.identified();
    deep.identified();

    var highServes = high.ask("serve spiffe://td.example/deep");
    var deepServes = deep.ask("serve spiffe://td.example/high");

    assertThat(deep.ask(Nested.call(highServes, "high")))
        .containsEntry("hello", "spiffe://td.example/deep")
        .containsEntry("peer", "spiffe://td.example/high");
    assertThat(high.ask(Nested.call(deepServes, "deep")))
        .containsEntry("hello", "spiffe://td.example/high")
        .containsEntry("peer", "spiffe://td.example/deep");
    assertThat(bundles(top, middle, low))
        .extracting(Bundle::getX509AuthoritiesList)
        .allSatisfy(roots -> assertThat(roots).hasSize(1))
        .containsOnly(bundles(top).getFirst().getX509AuthoritiesList());
    Await.until(
        "the JWT keys of each level on every level",
        SOON,
        () ->
            bundles(top, middle, low).stream()
                .map(NestedIT::keys)
                .allMatch(keys -> keys.size() == 6 && keys.equals(keys(bundles(top).getFirst()))));
    var token = deep.ask("jwt backend").get("token");
    assertThat(high.ask("validate backend " + token))
        .containsEntry("id", "spiffe://td.example/deep");
  }

  private static List<Bundle> bundles(Nested... levels) {
    return Stream.of(levels).map(level -> level.broker().admin().bundle()).toList();
  }

  private static List<String> keys(Bundle bundle) {
    return bundle.getJwtAuthoritiesList().stream().map(JWTKey::getKeyId).sorted().toList();
  }
}
