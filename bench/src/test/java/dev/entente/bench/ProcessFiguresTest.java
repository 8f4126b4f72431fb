package dev.entente.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessFiguresTest {
  private static final String STAT =
      "4711 (java) S 1 4711 4711 0 -1 4194560 9000 0 3 0 1234 566 0 0 20 0 30 0 100 5000 200 1";

  @Test
  void addsUserAndSystemTime() {
    assertThat(ProcessFigures.parseCpu(STAT)).isEqualTo(Duration.ofSeconds(18));
  }

  @Test
  void isNotMisledByANameWithSpacesAndParentheses() {
    assertThat(ProcessFigures.parseCpu(STAT.replace("(java)", "(a) R 9 (b c)")))
        .isEqualTo(Duration.ofSeconds(18));
  }

  @Test
  void readsResidentMemoryInBytes() {
    var status = "Name:\tjava\nVmHWM:\t  300000 kB\nVmRSS:\t  112640 kB\nRssFile:\t  61440 kB\n";

    assertThat(ProcessFigures.parseResident(status))
        .isEqualTo(new ProcessFigures.Resident(110L << 20, 60L << 20));
  }

  @Test
  void refusesAStatusWithoutMemory() {
    assertThatThrownBy(() -> ProcessFigures.parseResident("Name:\tkthreadd\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("status of a process without VmRSS:");
  }

  @Test
  void looksAtThisProcess() {
    var pid = ProcessHandle.current().pid();

    assertThat(ProcessFigures.cpu(pid)).isPositive();
    assertThat(ProcessFigures.resident(pid).all()).isPositive();
  }
}
