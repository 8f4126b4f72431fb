package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestors.host.X509PopMessages.MalformedException;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Shows an X.509 certificate and proves possession of its key.
///
/// The files are read at each attestation, so that a renewed certificate is used without a restart.
public final class X509PopSource implements EvidenceSource {
  private final Path certificateFile;
  private final Path keyFile;
  private final Optional<Path> intermediatesFile;

  private X509PopSource(Path certificateFile, Path keyFile, Optional<Path> intermediatesFile) {
    this.certificateFile = certificateFile;
    this.keyFile = keyFile;
    this.intermediatesFile = intermediatesFile;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      var chain = new ArrayList<>(Pem.certificates(read(certificateFile)));
      if (intermediatesFile.isPresent()) {
        chain.addAll(Pem.certificates(read(intermediatesFile.get())));
      }
      var der = new ArrayList<byte[]>();
      for (var certificate : chain) {
        der.add(certificate.getEncoded());
      }
      return new Proof(X509PopMessages.payload(der), chain, PrivateKeys.fromPem(read(keyFile)));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new AttestationFault("no evidence collected for x509pop: " + e.getMessage(), e);
    }
  }

  private static String read(Path file) throws IOException {
    try {
      return BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
    } catch (IOException e) {
      throw new IOException(file + ": " + Causes.of(e), e);
    }
  }

  private record Proof(byte[] payload, List<X509Certificate> chain, PrivateKey key)
      implements Session {
    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      var publicKey = chain.getFirst().getPublicKey();
      var kind = X509PopKeys.kind(publicKey);
      try {
        byte[] theirs = X509PopMessages.readChallenge(challenge, kind);
        if (theirs.length != X509PopKeys.NONCE_BYTES) {
          throw new AttestationFault("challenge refused: nonce of " + theirs.length + " bytes");
        }
        byte[] ours = X509PopKeys.nonce();
        byte[] proof = X509PopKeys.sign(key, publicKey, theirs, ours);
        return X509PopMessages.answer(kind, new X509PopMessages.Answer(ours, proof));
      } catch (MalformedException | GeneralSecurityException e) {
        throw new AttestationFault("challenge not answered: " + e.getMessage(), e);
      }
    }

    @Override
    public String toString() {
      return "Proof[" + chain.getFirst().getSubjectX500Principal() + "]";
    }
  }

  /// Offers [X509PopSource]: `certificate-path` and `private-key-path` (PEM, required), and
  /// `intermediates-path`.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return X509PopAttestor.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new X509PopSource(
          required(settings, "certificate-path"),
          required(settings, "private-key-path"),
          settings.path("intermediates-path"));
    }

    private static Path required(AttestorSettings settings, String key) {
      return settings
          .path(key)
          .orElseGet(() -> {
            settings.problem(key, "needed to prove possession of the certificate");
            return Path.of("/nonexistent");
          });
    }
  }
}
