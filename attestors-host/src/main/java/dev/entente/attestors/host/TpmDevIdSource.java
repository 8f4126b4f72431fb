package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Shows a DevID certificate, and proves that its key is in this machine's TPM.
///
/// The files are read at each attestation, so that a renewed certificate is used without a restart.
/// The TPM is asked on a thread of its own and holds three keys of ours for as long as the
/// attestation lasts.
public final class TpmDevIdSource implements EvidenceSource {
  private static final Path DEVICES = Path.of("/dev");
  private static final int BLOB_MAX_BYTES = 4096;

  private final DevIdFiles files;
  private final Optional<Path> device;
  private final TpmPasswords passwords;
  private final Limits limits;

  /// Where a DevID is kept.
  ///
  /// @param secret what only the TPM can read
  /// @param area the public part, as the TPM writes it
  record DevIdFiles(Path secret, Path area, Path certificate) {}

  /// How long is waited for the TPM.
  record Limits(Duration collect, Duration answer) {
    /// A slow TPM takes some ten seconds for each of two RSA keys that it makes; the broker waits
    /// for an answer for 5 s.
    static final Limits USUAL = new Limits(Duration.ofMinutes(2), Duration.ofSeconds(20));
  }

  TpmDevIdSource(DevIdFiles files, Optional<Path> device, TpmPasswords passwords, Limits limits) {
    this.files = files;
    this.device = device;
    this.passwords = passwords;
    this.limits = limits;
  }

  @Override
  public Session open() throws AttestationFault, InterruptedException {
    var session = session();
    try {
      return new Proof(session.collect(chain(), limits.collect()).toJson(), session, limits);
    } catch (AttestationFault | InterruptedException e) {
      session.close();
      throw e;
    }
  }

  private TpmSession session() throws AttestationFault {
    try {
      var devId =
          new Tpm.Wrapped(
              withoutLength(read(files.secret(), BLOB_MAX_BYTES)),
              withoutLength(read(files.area(), BLOB_MAX_BYTES)));
      return new TpmSession(
          device.isPresent() ? device.get() : TpmDevice.find(DEVICES), devId, passwords);
    } catch (IOException | IllegalArgumentException e) {
      throw fault(e);
    }
  }

  private List<byte[]> chain() throws AttestationFault {
    try {
      byte[] pem = read(files.certificate(), BoundedFiles.DOCUMENT_MAX_BYTES);
      return Pem.decode(new String(pem, StandardCharsets.US_ASCII), Pem.CERTIFICATE);
    } catch (IOException | IllegalArgumentException e) {
      throw fault(e);
    }
  }

  private static AttestationFault fault(Exception cause) {
    return new AttestationFault(
        "no evidence collected for tpm_devid: " + cause.getMessage(), cause);
  }

  private static byte[] read(Path file, int bytesMax) throws IOException {
    try {
      return BoundedFiles.read(file, bytesMax);
    } catch (IOException e) {
      throw new IOException(file + ": " + Causes.of(e), e);
    }
  }

  /// SPIRE's tools leave a blob's length out, tpm2-tools write it; no blob begins with its own
  /// length otherwise.
  static byte[] withoutLength(byte[] blob) {
    return blob.length > 2 && TpmReader.read(blob, TpmReader::uint16) == blob.length - 2
        ? Arrays.copyOfRange(blob, 2, blob.length)
        : blob;
  }

  private record Proof(byte[] payload, TpmSession tpm, Limits limits) implements Session {
    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault, InterruptedException {
      Challenge asked;
      try {
        asked = Challenge.parse(challenge);
      } catch (IllegalArgumentException e) {
        throw new AttestationFault("challenge not answered: " + e.getMessage(), e);
      }
      // Longer ones could be something else that a DevID key is believed for.
      if (asked.nonce().length != X509PopKeys.NONCE_BYTES) {
        throw new AttestationFault(
            "challenge refused: nonce of " + asked.nonce().length + " bytes");
      }
      return tpm.answer(asked, limits.answer()).toJson();
    }

    @Override
    public void close() {
      tpm.close();
    }

    @Override
    public String toString() {
      return "Proof[" + payload.length + " bytes]";
    }
  }

  /// Offers [TpmDevIdSource]; its keys stand in docs/attestors/tpm_devid.md.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TpmDevIdAttestor.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new TpmDevIdSource(
          new DevIdFiles(
              required(settings, "devid-priv-path"),
              required(settings, "devid-pub-path"),
              required(settings, "devid-cert-path")),
          settings.path("tpm-device-path"),
          new TpmPasswords(
              password(settings, "devid-password"),
              password(settings, "owner-hierarchy-password"),
              password(settings, "endorsement-hierarchy-password")),
          Limits.USUAL);
    }

    private static Path required(AttestorSettings settings, String key) {
      return settings
          .path(key)
          .orElseGet(() -> {
            settings.problem(key, "needed to show this machine's DevID");
            return Path.of("/nonexistent");
          });
    }

    private static byte[] password(AttestorSettings settings, String key) {
      return settings.text(key).orElse("").getBytes(StandardCharsets.UTF_8);
    }
  }
}
