package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/// Shows an access token of the managed identity of the Azure machine it runs on.
public final class AzureMsiSource implements EvidenceSource {
  static final String TYPE = "azure_msi";
  static final String TOKEN = "token";

  private final AzureMetadata metadata;
  private final String resourceId;
  private final Optional<String> clientId;

  AzureMsiSource(AzureMetadata metadata, String resourceId, Optional<String> clientId) {
    this.metadata = metadata;
    this.resourceId = resourceId;
    this.clientId = clientId;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      if (metadata.token(resourceId, clientId).get("access_token") instanceof String token) {
        return Session.unchallenged(
            TYPE, Json.write(Map.of(TOKEN, token)).getBytes(StandardCharsets.UTF_8));
      }
      throw new IOException("the answer has no \"access_token\"");
    } catch (IOException e) {
      throw new AttestationFault("no token of a managed identity: " + e.getMessage(), e);
    }
  }

  /// Offers [AzureMsiSource].
  ///
  /// `resource-id` is for whom the token is made: an application id URI of your own, the broker's
  /// `resource-id`. `client-id` names the identity if the machine has several; `metadata-endpoint`
  /// (`http://169.254.169.254`) is the metadata service.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var resource = settings.text("resource-id").orElse("");
      if (resource.isEmpty()) {
        settings.problem("resource-id", "not set, so nobody could have made a token for");
      }
      return new AzureMsiSource(AzureMetadata.read(settings), resource, settings.text("client-id"));
    }
  }
}
