package dev.entente.broker;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Believes every node that a cloud's API knows, and asks it for as many at once as there are.
///
/// @param endpoint where the API is
record TestCloudAttestor(TrustDomain trustDomain, String endpoint) implements NodeAttestor {
  static final String TYPE = "test_cloud";
  private static final int OK = 200;

  @Override
  public AttestationStep begin(Presentation presentation) throws AttestationFault {
    var name = new String(presentation.payload(), StandardCharsets.UTF_8);
    try {
      var url = URI.create(endpoint + "/nodes/" + name).toURL();
      if (!(url.openConnection() instanceof HttpURLConnection connection)
          || connection.getResponseCode() != OK) {
        throw new IOException("the cloud does not know " + name);
      }
      connection.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new AttestationFault("the cloud was not asked", e);
    }
    return BelievedNode.of(trustDomain, TYPE, name, List.of("name:" + name));
  }

  /// Offers [TestCloudAttestor] under `endpoint`.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new TestCloudAttestor(trustDomain, settings.text("endpoint").orElse(""));
    }
  }
}
