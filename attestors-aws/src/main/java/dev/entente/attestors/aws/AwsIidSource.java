package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;

/// Shows the instance identity document of the EC2 instance it runs on.
public final class AwsIidSource implements EvidenceSource {
  private static final String IDENTITY = "/latest/dynamic/instance-identity/";

  private final Ec2Metadata metadata;

  AwsIidSource(Ec2Metadata metadata) {
    this.metadata = metadata;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      var pages = metadata.open();
      byte[] payload =
          new AwsIidPayload(
                  pages.get(IDENTITY + "document"),
                  pages.get(IDENTITY + "signature"),
                  pages.get(IDENTITY + "rsa2048"))
              .toJson();
      return Session.unchallenged(AwsIidPayload.TYPE, payload);
    } catch (IOException e) {
      throw new AttestationFault(
          "no instance identity document from "
              + metadata.endpoint()
              + ": "
              + e.getMessage()
              + " (in a container, the instance's metadata hop limit must be 2)",
          e);
    }
  }

  /// Offers [AwsIidSource]. `ec2-metadata-endpoint` (`http://169.254.169.254`) is the address of
  /// the metadata service; its IPv6 form is `http://[fd00:ec2::254]`.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return AwsIidPayload.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new AwsIidSource(Ec2Metadata.read(settings));
    }
  }
}
