package dev.entente.broker;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A node that is believed its name, and may attest again at any time.
final class BelievedNode {
  private BelievedNode() {}

  static AttestationStep of(TrustDomain domain, String type, String name, List<String> selectors) {
    return new AttestationStep.Attested(
        new AttestedNode(
            SpiffeId.of(domain, "/spire/agent/" + type + "/" + name),
            Selector.ofType(type, selectors),
            true,
            Optional.empty(),
            Map.of("name", name)));
  }
}
