package dev.entente.broker;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Believes every node the selectors that it lists, as `a.b` for two of them.
record TestListAttestor(TrustDomain trustDomain) implements NodeAttestor {
  static final String TYPE = "test_list";

  @Override
  public AttestationStep begin(Presentation presentation) {
    var list = new String(presentation.payload(), StandardCharsets.UTF_8);
    return BelievedNode.of(trustDomain, TYPE, list, List.of(list.split("\\.", -1)));
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
