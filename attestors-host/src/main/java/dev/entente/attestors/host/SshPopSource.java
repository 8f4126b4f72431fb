package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestors.host.SshPopMessages.Answer;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;

/// Shows an SSH host certificate and proves possession of its key.
///
/// The files are read at each attestation, so that a renewed certificate is used without a restart.
public final class SshPopSource implements EvidenceSource {
  private static final Path KEY = Path.of("/etc/ssh/ssh_host_rsa_key");
  private static final Path CERTIFICATE = Path.of("/etc/ssh/ssh_host_rsa_key-cert.pub");

  private final Path certificateFile;
  private final Path keyFile;

  private SshPopSource(Path certificateFile, Path keyFile) {
    this.certificateFile = certificateFile;
    this.keyFile = keyFile;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      var certificate = SshCertificate.parse(SshKeyFiles.readLine(read(certificateFile).strip()));
      return new Proof(
          SshPopMessages.payload(certificate.blob()),
          certificate,
          SshKeyFiles.readPrivateKey(read(keyFile), certificate.key()));
    } catch (IOException | IllegalArgumentException e) {
      throw new AttestationFault("no evidence collected for sshpop: " + e.getMessage(), e);
    }
  }

  private static String read(Path file) throws IOException {
    try {
      return BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
    } catch (IOException e) {
      throw new IOException(file + ": " + Causes.of(e), e);
    }
  }

  private record Proof(byte[] payload, SshCertificate certificate, PrivateKey key)
      implements Session {
    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      try {
        byte[] theirs = SshPopMessages.readChallenge(challenge);
        if (theirs.length != X509PopKeys.NONCE_BYTES) {
          throw new AttestationFault("challenge refused: nonce of " + theirs.length + " bytes");
        }
        byte[] ours = X509PopKeys.nonce();
        byte[] toSign = SshPopAttestor.toSign(theirs, ours);
        return SshPopMessages.answer(
            new Answer(ours, SshKeys.sign(key, certificate.key(), toSign)));
      } catch (IllegalArgumentException | GeneralSecurityException e) {
        throw new AttestationFault("challenge not answered: " + e.getMessage(), e);
      }
    }

    @Override
    public String toString() {
      return "Proof[" + certificate.principals() + "]";
    }
  }

  /// Offers [SshPopSource]: `host-key-path` (`/etc/ssh/ssh_host_rsa_key`) and `host-cert-path`
  /// (`/etc/ssh/ssh_host_rsa_key-cert.pub`).
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return SshPopAttestor.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new SshPopSource(
          settings.path("host-cert-path").orElse(CERTIFICATE),
          settings.path("host-key-path").orElse(KEY));
    }
  }
}
