package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.host.TpmDevIdMessages.Answer;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;

/// One attestation's use of a TPM: a DevID key, an attestation key and the endorsement key are
/// loaded until it is closed. Nothing is left in the TPM, whatever fails in between.
final class TpmSession {
  /// RSA endorsement certificate (TCG EK Credential Profile, 2.2.1.4).
  private static final int ENDORSEMENT_CERTIFICATE = 0x01c00002;

  private static final int PASSWORD_BYTES = 32;
  private static final int DER_SEQUENCE = 0x30;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] NO_PASSWORD = {};

  private final TpmWorker worker = new TpmWorker();
  private final Path device;
  private final Tpm.Wrapped devId;
  private final TpmPublic devIdPublic;
  private final TpmPasswords passwords;

  /// Of keys that nobody but this attestation uses.
  private final byte[] ownPassword = new byte[PASSWORD_BYTES];

  /// What is in the TPM because of us, newest first; only the worker's thread.
  private final Deque<Integer> held = new ArrayDeque<>();

  /// Open from the first command on; only the worker's thread.
  private Optional<Tpm> opened = Optional.empty();

  /// Set once everything is loaded; only the worker's thread.
  private Optional<Keys> loaded = Optional.empty();

  /// Handles of what is loaded.
  private record Keys(Tpm tpm, int devId, int attestation, int endorsement) {}

  /// @param device a device or an emulator's socket
  /// @throws IllegalArgumentException if the DevID is no key that signs
  TpmSession(Path device, Tpm.Wrapped devId, TpmPasswords passwords) {
    this.device = device;
    this.devId = devId;
    this.devIdPublic = TpmPublic.parse(devId.area());
    this.passwords = passwords;
    RANDOM.nextBytes(ownPassword);
    if (devIdPublic.scheme().isEmpty()) {
      throw new IllegalArgumentException("the DevID key does not say how it signs");
    }
  }

  /// Loads the keys and says what the TPM shows of itself.
  Payload collect(List<byte[]> devIdChain, Duration limit)
      throws AttestationFault, InterruptedException {
    return worker.call(limit, () -> collect(devIdChain));
  }

  private Payload collect(List<byte[]> devIdChain) throws IOException {
    var tpm = new Tpm(TpmDevice.open(device));
    opened = Optional.of(tpm);
    int type = devIdPublic.key().getAlgorithm().equals("RSA") ? TpmPublic.RSA : TpmPublic.ECC;
    int parent =
        hold(
            tpm.createPrimary(
                    Tpm.OWNER, passwords.owner(), ownPassword, TpmTemplates.storageKey(type))
                .handle());
    int devIdHandle = hold(tpm.load(parent, ownPassword, devId));
    var attestation = tpm.create(parent, ownPassword, ownPassword, TpmTemplates.attestationKey());
    int attestationHandle = hold(tpm.load(parent, ownPassword, attestation));
    letGo(tpm, parent); // a TPM without resource manager has room for three
    var endorsement =
        tpm.createPrimary(
            Tpm.ENDORSEMENT, passwords.endorsement(), NO_PASSWORD, TpmTemplates.endorsementKey());
    hold(endorsement.handle());
    var certified = tpm.certify(devIdHandle, passwords.devId(), attestationHandle, ownPassword);
    loaded = Optional.of(new Keys(tpm, devIdHandle, attestationHandle, endorsement.handle()));
    return new Payload(
        devIdChain,
        devId.area(),
        onlyCertificate(tpm.readMemory(ENDORSEMENT_CERTIFICATE)),
        endorsement.area(),
        attestation.area(),
        certified.statement(),
        certified.signature());
  }

  private int hold(int handle) {
    held.push(handle);
    return handle;
  }

  private void letGo(Tpm tpm, int handle) throws IOException {
    tpm.flush(handle);
    held.remove(handle);
  }

  /// The memory may be longer than what was written to it.
  private static byte[] onlyCertificate(byte[] memory) throws IOException {
    if (memory.length > 4 && memory[0] == DER_SEQUENCE && memory[1] == (byte) 0x82) {
      int length = 4 + (((memory[2] & 0xff) << 8) | (memory[3] & 0xff));
      if (length <= memory.length) {
        return Arrays.copyOf(memory, length);
      }
    }
    throw new IOException("no endorsement certificate under 0x01c00002");
  }

  /// Signs the nonce and opens the credential.
  Answer answer(Challenge challenge, Duration limit) throws AttestationFault, InterruptedException {
    return worker.call(limit, () -> answer(challenge));
  }

  private Answer answer(Challenge challenge) throws IOException {
    var keys = loaded.orElseThrow(() -> new IOException("nothing is loaded"));
    var hash = devIdPublic.scheme().orElseThrow().hash();
    var signature = keys.tpm().sign(keys.devId(), passwords.devId(), hash, challenge.nonce());
    byte[] secret =
        keys.tpm()
            .activate(
                keys.attestation(),
                ownPassword,
                keys.endorsement(),
                passwords.endorsement(),
                challenge.credential());
    return new Answer(encoded(signature), secret);
  }

  private static byte[] encoded(TpmSignature signature) throws IOException {
    return switch (signature) {
      case TpmSignature.Rsa rsa -> rsa.bytes();
      case TpmSignature.Ecdsa ecdsa -> {
        var numbers = new ASN1EncodableVector();
        numbers.add(new ASN1Integer(ecdsa.r()));
        numbers.add(new ASN1Integer(ecdsa.s()));
        yield new DERSequence(numbers).getEncoded();
      }
    };
  }

  /// Lets go of everything, after what was begun. Does not wait.
  void close() {
    worker.end(this::letGoOfAll);
  }

  private void letGoOfAll() {
    loaded = Optional.empty();
    opened.ifPresent(tpm -> {
      while (!held.isEmpty()) {
        ignoringFailure(() -> tpm.flush(held.pop()));
      }
      ignoringFailure(tpm::close);
    });
  }

  /// The kernel's resource manager lets go of it in any case; a TPM without one is full in the end,
  /// and the next attestation says so.
  private static void ignoringFailure(Closing closing) {
    try {
      closing.run();
    } catch (IOException _) {
      // Nobody could do anything about it.
    }
  }

  @FunctionalInterface
  private interface Closing {
    void run() throws IOException;
  }
}
