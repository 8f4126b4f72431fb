package dev.entente.broker;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Believes every node the selectors that it lists, as `a.b` for two of them.
record TestListAttestor(TrustDomain trustDomain) implements NodeAttestor {
  static final String TYPE = "test_list";

  @Override
  public AttestationStep begin(Presentation presentation) {
    var list = new String(presentation.payload(), StandardCharsets.UTF_8);
    return new AttestationStep.Attested(
        new AttestedNode(
            SpiffeId.of(trustDomain, "/spire/agent/" + TYPE + "/" + list),
            Selector.ofType(TYPE, List.of(list.split("\\.", -1))),
            true,
            Optional.empty(),
            Map.of("list", list)));
  }

  /// Offers [TestListAttestor].
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new TestListAttestor(trustDomain);
    }
  }
}
