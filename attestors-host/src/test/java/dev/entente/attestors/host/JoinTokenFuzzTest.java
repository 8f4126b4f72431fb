package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.TrustDomain;

/// Any bytes as a join token: a node of exactly that name, or a refusal.
final class JoinTokenFuzzTest {
  private static final String PREFIX = "spiffe://example.org/spire/agent/join_token/";

  private final JoinTokenAttestor attestor =
      new JoinTokenAttestor(TrustDomain.parse("example.org"));

  @FuzzTest
  void judgesAnyToken(byte[] input) {
    var step = attestor.begin(new Presentation(input, "192.0.2.1"));

    if (step instanceof Attested attested) {
      var id = attested.node().agentId().toString();
      assertThat(id).startsWith(PREFIX).hasSize(PREFIX.length() + input.length);
      assertThat(id.substring(PREFIX.length())).matches("[A-Za-z0-9._-]+");
    } else {
      assertThat(step).isInstanceOf(Refused.class);
    }
  }
}
