package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Shows the attested document of the Azure machine it runs on, made for the broker's nonce.
public final class AzureImdsSource implements EvidenceSource {
  /// Says nothing: the broker speaks first, but the protocol wants a payload. SPIRE's text.
  private static final byte[] NOTHING = "non_empty_payload".getBytes(StandardCharsets.US_ASCII);

  private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9]{8,64}");

  private final AzureMetadata metadata;
  private final String tenantDomain;

  AzureImdsSource(AzureMetadata metadata, String tenantDomain) {
    this.metadata = metadata;
    this.tenantDomain = tenantDomain;
  }

  @Override
  public Session open() {
    return new Evidence();
  }

  private AzureImdsPayload document(String nonce) throws AttestationFault {
    try {
      var document = metadata.attestedDocument(nonce);
      return new AzureImdsPayload(
          text(document, "encoding"),
          text(document, "signature"),
          tenantDomain,
          scaleSet(metadata.instance()));
    } catch (IOException e) {
      throw new AttestationFault("no attested document: " + e.getMessage(), e);
    }
  }

  private static Optional<String> scaleSet(Map<String, Object> instance) {
    return instance.get("compute") instanceof Map<?, ?> compute
            && compute.get("vmScaleSetName") instanceof String name
            && !name.isEmpty()
        ? Optional.of(name)
        : Optional.empty();
  }

  private static String text(Map<String, Object> answer, String name) throws IOException {
    if (answer.get(name) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw new IOException("the answer has no \"" + name + "\"");
  }

  private final class Evidence implements Session {
    @Override
    public byte[] payload() {
      return NOTHING.clone();
    }

    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      var nonce = new String(challenge, StandardCharsets.ISO_8859_1);
      if (!NONCE.matcher(nonce).matches()) {
        throw new AttestationFault("a challenge of " + challenge.length + " bytes is no nonce");
      }
      return document(nonce).toJson();
    }
  }

  /// Offers [AzureImdsSource].
  ///
  /// `tenant-domain`, such as `example.onmicrosoft.com`, is the name of the tenant in the broker's
  /// configuration; `metadata-endpoint` (`http://169.254.169.254`) the metadata service.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return AzureImdsPayload.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var domain = settings.text("tenant-domain").orElse("");
      if (domain.isEmpty()) {
        settings.problem("tenant-domain", "not set, so the broker could not tell whose node it is");
      }
      return new AzureImdsSource(AzureMetadata.read(settings), domain);
    }
  }
}
