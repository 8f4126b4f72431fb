package dev.entente.agent.workload.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlaceNameTest {
  static final String ID = "9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961";
  static final String POD = "2c48913c-b29f-11e7-9350-020968147796";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Docker with cgroupfs | /docker/ID | | /docker/ID",
        "Docker with systemd | /system.slice/docker-ID.scope | | /system.slice/docker-ID.scope",
        "a group inside | /system.slice/docker-ID.scope/init.scope | | /system.slice/docker-ID.scope",
        "Podman | /machine.slice/libpod-ID.scope/container | | /machine.slice/libpod-ID.scope",
        "seen from another group | /../ID | | /../ID",
        "kubepods with cgroupfs | /kubepods/burstable/podPOD/ID | POD | /kubepods/burstable/podPOD/ID",
        "kubepods with systemd | /kubepods.slice/kubepods-podPOD_.slice/cri-containerd-ID.scope | POD"
            + " | /kubepods.slice/kubepods-podPOD_.slice/cri-containerd-ID.scope",
        "colons | /kubepods-podPOD_.slice:cri-containerd:ID | POD |"
            + " /kubepods-podPOD_.slice:cri-containerd:ID",
        "a node in a container | /docker/NODE/kubepods/podPOD/ID | POD |"
            + " /docker/NODE/kubepods/podPOD/ID",
        "CRI-O without a pod | /../crio-ID.scope | | /../crio-ID.scope",
        "the same pod twice | /podPOD/podPOD/ID | POD | /podPOD/podPOD/ID",
        "upper case | /docker/UPPER | | /docker/UPPER",
      })
  void readsHowRuntimesNameTheirGroups(String name, String path, String pod, String home)
      throws AttestationFault {
    var read = PlaceName.read(filled(path)).orElseThrow();

    assertThat(read.containerId()).isEqualTo(filled(path.contains("UPPER") ? "UPPER" : "ID"));
    assertThat(read.podUid()).isEqualTo(Optional.ofNullable(pod).map(PlaceNameTest::filled));
    assertThat(read.home()).isEqualTo(filled(home));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a session | /user.slice/user-1000.slice/session-3.scope",
        "the root | /",
        "nothing | ''",
        "63 digits | /docker/SHORT",
        "65 digits | /docker/ID0",
        "no word of its own | /docker/x_ID",
        "behind an empty segment | /docker/ID//x",
      })
  void readsNothingElse(String name, String path) throws AttestationFault {
    assertThat(PlaceName.read(filled(path))).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a group in a container | /kubepods/podOTHER/NODE/kubepods/podPOD/ID",
        "with systemd | /kubepods.slice/kubepods-podOTHER.slice/NODE/kubepods-podPOD_.slice/ID",
        "no container between | /podOTHER/podPOD/ID",
        "both in one segment | /podOTHER:podPOD:ID",
        "far above | /podOTHER/a/b/c/podPOD/d/ID/e",
      })
  void refusesAPodInAPod(String name, String path) {
    assertThatThrownBy(() -> PlaceName.read(filled(path)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("names two pods")
        .hasMessageContaining(POD)
        .hasMessageContaining(POD.replace('2', '3'));
  }

  static String filled(String text) {
    return text.replace("podPOD_", "pod" + POD.replace('-', '_'))
        .replace("podOTHER", "pod" + POD.replace('2', '3'))
        .replace("POD", POD)
        .replace("NODE", ID.replace('9', 'a'))
        .replace("UPPER", ID.toUpperCase(java.util.Locale.ROOT))
        .replace("SHORT", ID.substring(1))
        .replace("ID", ID);
  }
}
