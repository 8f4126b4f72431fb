package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.entente.wire.spiffe.broker.WorkloadReference;

/// What a SPIFFE broker may name, fed with anything.
///
/// The kept corpus (`ReferencedWorkloadFuzzTestInputs`) runs with the normal tests; `JAZZER_FUZZ=1`
/// and `-Dtest=ReferencedWorkloadFuzzTest#readsAnyReference` search for more.
final class ReferencedWorkloadFuzzTest {
  /// Above our longest sentence with two names cut to a hundred characters each.
  private static final int MESSAGE_CHARS_MAX = 300;

  @FuzzTest
  void readsAnyReference(byte[] input) {
    try {
      switch (ReferencedWorkload.read(WorkloadReference.parseFrom(input))) {
        case ReferencedWorkload.OfPid(var pid) -> assertThat(pid).isPositive();
        case ReferencedWorkload.OfPod(var pod) -> {
          pod.name()
              .ifPresent(name -> {
                assertThat(name.namespace()).isNotEmpty();
                assertThat(name.pod()).isNotEmpty();
              });
          pod.uid().ifPresent(uid -> assertThat(uid).hasSize(36));
        }
      }
    } catch (InvalidProtocolBufferException _) {
      // The call would have ended before.
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).hasSizeLessThan(MESSAGE_CHARS_MAX);
    }
  }
}
