package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Path;

/// Shows the token that Kubernetes projects into the agent's pod.
///
/// The file is read at each attestation, because the kubelet replaces it long before the token
/// expires.
public final class K8sPsatSource implements EvidenceSource {
  static final String TYPE = "k8s_psat";

  /// Where SPIRE's manifests mount it.
  private static final Path TOKEN_FILE = Path.of("/var/run/secrets/tokens/spire-agent");

  private static final int FILE_MAX_BYTES = 16 * 1024;

  private final String cluster;
  private final Path file;

  private K8sPsatSource(String cluster, Path file) {
    this.cluster = cluster;
    this.file = file;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      var token = BoundedFiles.readText(file, FILE_MAX_BYTES).strip();
      return Session.unchallenged(TYPE, new K8sPsatPayload(cluster, token).toJson());
    } catch (IOException e) {
      throw new AttestationFault("no token read from " + file + ": " + Causes.of(e), e);
    } catch (IllegalArgumentException e) {
      throw new AttestationFault("no token read from " + file + ": " + e.getMessage(), e);
    }
  }

  /// Offers [K8sPsatSource]: `cluster` (required) and `token-path`.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var cluster = settings.text("cluster").orElse("");
      if (cluster.isEmpty()) {
        settings.problem("cluster", "not set; the broker's name of this cluster belongs here");
      }
      return new K8sPsatSource(cluster, settings.path("token-path").orElse(TOKEN_FILE));
    }
  }
}
