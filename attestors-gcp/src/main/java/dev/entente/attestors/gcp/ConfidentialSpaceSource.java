package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NonceFirst;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;

/// Shows an attestation token of the Confidential Space whose container it runs in.
///
/// The broker speaks first: its nonce goes into the token, which the launcher has Google sign.
public final class ConfidentialSpaceSource implements EvidenceSource {
  static final String TYPE = "gcp_confidential_space";

  /// The launcher has the machine's state measured and asks Google's verifier.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  /// A token has about 4,000 characters; a broker takes 8 KiB.
  private static final int ANSWER_MAX_BYTES = 32 * 1024;

  private static final Path SOCKET = Path.of("/run/container_launcher/teeserver.sock");

  private final LauncherSocket launcher;
  private final String audience;

  ConfidentialSpaceSource(Path socket, String audience) {
    this.launcher = new LauncherSocket(socket, TIME_LIMIT, ANSWER_MAX_BYTES);
    this.audience = audience;
  }

  @Override
  public Session open() {
    return NonceFirst.session(this::token);
  }

  private byte[] token(String nonce) throws AttestationFault {
    var wish = new LinkedHashMap<String, Object>();
    wish.put("audience", audience);
    wish.put("token_type", "OIDC");
    wish.put("nonces", List.of(nonce));
    try {
      var answer = launcher.post("/v1/token", Json.write(wish));
      if (answer.status() != 200 || answer.body().length == 0) {
        throw new IOException(
            "answer " + answer.status() + " of " + answer.body().length + " bytes");
      }
      return new String(answer.body(), StandardCharsets.ISO_8859_1)
          .strip()
          .getBytes(StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AttestationFault("no attestation token: " + e.getMessage(), e);
    }
  }

  /// Offers [ConfidentialSpaceSource]. `audience` (`spiffe://<trust domain>`) is the broker's,
  /// `launcher-socket` (`/run/container_launcher/teeserver.sock`) where the launcher listens.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new ConfidentialSpaceSource(
          settings.path("launcher-socket").orElse(SOCKET),
          ConfidentialSpaceConfig.audience(trustDomain, settings));
    }
  }
}
