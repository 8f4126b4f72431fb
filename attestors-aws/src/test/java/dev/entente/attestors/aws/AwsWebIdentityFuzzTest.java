package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.Nonce;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;

/// Every parser of outside bytes, fed with anything: what comes out is a value or a refusal. The
/// token's own gate is fuzzed in the room `spiffe`.
final class AwsWebIdentityFuzzTest {
  private static final String NONCE = Nonce.fresh();

  @FuzzTest
  void readsAnyClaims(byte[] input) {
    try {
      assertThat(AwsPrincipal.read(new PlatformToken(Json.parseObject(input))).accountId())
          .matches("[0-9]{12}");
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isIn("malformed-claims", "not-a-role", "other-account");
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest
  void readsAnyAudience(byte[] input) {
    var claim = "spiffe://example.org/" + NONCE + new String(input, StandardCharsets.UTF_8);
    try {
      WebIdentityAudience.nodeName(claim, "spiffe://example.org", NONCE)
          .ifPresent(name -> assertThat(name).doesNotContain("/"));
    } catch (Refusal refusal) {
      assertThat(refusal.check()).isIn("malformed-claims", "wrong-audience");
    }
  }

  @FuzzTest
  void readsAnyCredentials(byte[] input) {
    try {
      assertThat(AwsCredentials.parse(new String(input, StandardCharsets.UTF_8)).secret())
          .isNotEmpty();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
