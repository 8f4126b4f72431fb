package dev.entente.agent.workload.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.spiffe.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// What reads the kernel's files and a daemon's answers about containers, fed with anything.
///
/// The kept corpus (`ContainerFuzzTestInputs`) runs with the normal tests; `JAZZER_FUZZ=1` and
/// `-Dtest=ContainerFuzzTest#readsAnyCgroupFile` search for more.
final class ContainerFuzzTest {
  @FuzzTest
  void readsAnyCgroupFile(byte[] input) {
    try {
      for (var cgroup : Cgroup.parse(text(input))) {
        PlaceName.read(cgroup.path()).ifPresent(name -> requireWithin(cgroup.path(), name));
        Container.sliceUser(cgroup.path());
      }
    } catch (IllegalArgumentException | AttestationFault _) {
      // Refused, as it may be.
    }
  }

  @FuzzTest
  void readsAnyMountinfo(byte[] input) {
    try {
      for (var mount : Mount.parse(text(input))) {
        PlaceName.read(mount.root()).ifPresent(name -> requireWithin(mount.root(), name));
      }
    } catch (IllegalArgumentException | AttestationFault _) {
      // Refused, as it may be.
    }
  }

  @FuzzTest
  void readsAnyAnswerOfAnEngine(byte[] input) {
    try {
      var container = EngineContainer.read(Json.parseObject(input));
      assertThat(container.selectors())
          .allMatch(selector -> selector.type().equals("docker") && !selector.value().isEmpty());
    } catch (IllegalArgumentException _) {
      // Refused, as it may be.
    }
  }

  @FuzzTest
  void readsAnyListOfPods(byte[] input) throws IOException {
    try {
      for (var pod : PodReader.readList(new ByteArrayInputStream(input))) {
        assertThat(pod.uid()).isNotEmpty();
        assertThat(new PodSelectors().pod(pod).all())
            .allMatch(selector -> selector.type().equals("k8s"));
      }
    } catch (IllegalArgumentException _) {
      // Refused, as it may be.
    }
  }

  private static void requireWithin(String path, PlaceName name) {
    assertThat(name.containerId()).matches("[0-9A-Fa-f]{64}");
    assertThat(path).startsWith(name.home());
    assertThat(name.home()).contains(name.containerId());
    name.podUid().ifPresent(uid -> assertThat(uid).matches("[0-9A-Fa-f-]{36}"));
  }

  private static String text(byte[] input) {
    return new String(input, StandardCharsets.ISO_8859_1);
  }
}
