package dev.entente.agent.workload.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SystemdWorkloadAttestorTest {
  private static final String OK = "OK 0123456789abcdef0123456789abcdef\r\n";
  private static final int PID = 4711;

  @TempDir private Path directory;

  private Path socket;
  private Optional<FakeBus> bus = Optional.empty();

  @BeforeEach
  void chooseSocket() {
    socket = directory.resolve("bus.sock");
  }

  @AfterEach
  void stopBus() throws IOException {
    if (bus.isPresent()) {
      bus.get().close();
      assertThat(bus.get().surprises()).isEmpty();
    }
  }

  @Test
  void isFoundThroughTheServiceLoader() {
    assertThat(ServiceLoader.load(WorkloadAttestor.Provider.class))
        .extracting(WorkloadAttestor.Provider::type)
        .contains("systemd");
  }

  @ParameterizedTest
  @ValueSource(strings = {"little", "big"})
  void givesTheUnitAndItsFile(String order) throws Exception {
    bus(
        OK,
        "ask-hello, @-hello, signal-name-acquired, ask-unit, @-unit, ask-id, @-id,"
            + " ask-fragment-path, @-fragment-path",
        order);

    assertThat(attest())
        .containsExactly(
            "systemd:id:nginx.service", "systemd:fragment_path:/lib/systemd/system/nginx.service");
  }

  @Test
  void givesNoFileOfATransientUnit() throws Exception {
    bus(
        OK,
        "ask-hello, @-hello, ask-unit, @-unit, ask-id, @-id, ask-fragment-path,"
            + " empty-fragment-path",
        "little");

    assertThat(attest()).containsExactly("systemd:id:nginx.service");
  }

  @Test
  void saysNothingAboutAProcessWithoutUnit() throws Exception {
    bus(OK, "ask-hello, @-hello, ask-unit, no-unit", "little");

    assertThat(attest()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "refused | ask-hello, @-hello, ask-unit, denied-unit | org.freedesktop.DBus.Error.AccessDenied",
        "no text | ask-hello, @-hello, ask-unit, @-unit, ask-id, number-id | value is no text",
        "silent | ask-hello, @-hello, ask-unit, silence | gave no complete answer within PT3S",
      })
  void saysWhySystemdGaveNoUnit(String name, String script, String expected) throws Exception {
    bus(OK, script, "little");

    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @CsvSource({"'REJECTED EXTERNAL\r\n', does not take us", "'x', gave no complete answer"})
  void saysThatTheBusDoesNotTakeIt(String greeting, String expected) throws Exception {
    bus(greeting, "", "little");

    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining(expected);
  }

  @Test
  void saysThatNoBusIsThere() {
    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith("system bus at " + socket + " was not asked");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unix:path=/run/bus | /run/bus",
        "unix:path=/run/a%20b,guid=00 | /run/a b",
        "tcp:host=x;unix:path=/run/bus;unix:path=/run/other | /run/bus",
        "unix:abstract=/tmp/x | ",
        "unix:path=relative | ",
        "unix:path=/run/%4 | ",
        "unix:path=/run/%zz | ",
        "unix:path=/run/%00 | ",
        "'' | ",
      })
  void findsTheBus(String address, String path) {
    assertThat(BusAddress.parse(address)).isEqualTo(Optional.ofNullable(path).map(Path::of));
  }

  private void bus(String greeting, String script, String order) throws IOException {
    List<String> steps = new ArrayList<>();
    Arrays.stream(script.replace("@", order).split(", *", -1))
        .filter(step -> !step.isEmpty())
        .forEach(steps::add);
    bus = Optional.of(new FakeBus(socket, greeting, steps));
  }

  private List<String> attest() throws AttestationFault, InterruptedException {
    return new SystemdWorkloadAttestor(socket)
        .attest(new Workload(PID, 0, 0)).stream().map(Selector::toString).toList();
  }
}
