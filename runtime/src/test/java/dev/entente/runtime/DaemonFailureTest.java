package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DaemonFailureTest {
  @Test
  void saysTheCureOnlyWhereThereIsOne() {
    assertThat(new DaemonFailure("A_CODE", "broker did not start: x", Optional.of("do y")))
        .hasToString("error[A_CODE]: broker did not start: x\nfix: do y");
    assertThat(new DaemonFailure("A_CODE", "broker did not start: x", Optional.empty()))
        .hasToString("error[A_CODE]: broker did not start: x");
  }

  @Test
  void tellsASupervisorThatAWrongConfigurationStaysWrong() {
    var problem = new ConfigProblem("agent.yaml", 3, "brokers", "is required");

    var failure = DaemonFailure.of("agent", new ConfigException(List.of(problem)));

    assertThat(failure.exitCode()).isEqualTo(2);
    assertThat(failure.toString())
        .isEqualTo(
            """
            error[CONFIG_INVALID]: agent did not start, its configuration cannot be used
            agent.yaml:3: brokers: is required
            fix: every key is explained in conf/agent.yaml of the distribution\
            """);
  }
}
