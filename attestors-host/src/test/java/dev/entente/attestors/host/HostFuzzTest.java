package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/// Every parser of outside bytes, fed with anything: what comes out is a value or a refusal. The
/// kept corpus (`HostFuzzTestInputs`) runs with the normal tests.
final class HostFuzzTest {
  @FuzzTest
  void readsAnyPsatPayload(byte[] input) {
    try {
      var payload = K8sPsatPayload.parse(input);
      assertThat(K8sPsatPayload.parse(payload.toJson())).isEqualTo(payload);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyAnswerOfAnApiServer(byte[] input) {
    try {
      assertThat(KubernetesObjects.review(input).extra()).hasSizeLessThanOrEqualTo(5);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    try {
      assertThat(KubernetesObjects.pod(input).labels()).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyPlaceOfAChallenge(byte[] input) {
    try {
      var place = HttpChallengePayload.parse(input);
      assertThat(HttpChallengePayload.parse(place.toJson())).isEqualTo(place);
      assertThat(place.path()).matches("/[a-z_/.-]+/[a-zA-Z0-9-]{1,32}/challenge");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyChallenge(byte[] input) {
    try {
      assertThat(HttpChallengeNonce.parse(input).text()).matches("[A-Za-z0-9_=-]{16,64}");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
