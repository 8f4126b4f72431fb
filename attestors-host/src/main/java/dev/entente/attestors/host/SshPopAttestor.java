package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestors.host.SshPopMessages.Answer;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a node that holds the private key of an SSH host certificate.
///
/// 1. The certificate is taken apart; its key's kind and size are bounded.
/// 2. It is a host's, and one of the configured authorities signed it, with SHA-2.
/// 3. It is in force, demands nothing, and names a host, in the canonical domain if there is one.
/// 4. The node signs a fresh nonce of ours and one of its own with the host's key.
///
/// The agent's id is the certificate's fingerprint, or made of the host's name: the first one.
public final class SshPopAttestor implements NodeAttestor {
  static final String TYPE = "sshpop";

  /// A certificate with an RSA key of 8192 bits and an authority like it has about 4,000 bytes.
  private static final int CERTIFICATE_MAX_BYTES = 16 * 1024;

  private final TrustDomain trustDomain;
  private final SshPopConfig config;
  private final InstantSource clock;

  SshPopAttestor(TrustDomain trustDomain, SshPopConfig config, InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.clock = clock;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    try {
      var certificate = read(presentation.payload()); // 1
      certified(certificate); // 2
      var hostname = hostname(certificate); // 3
      return challenge(certificate, agentId(certificate, hostname), hostname); // 4
    } catch (Refusal e) {
      return e.of(TYPE);
    }
  }

  private static SshCertificate read(byte[] payload) throws Refusal {
    byte[] blob;
    try {
      blob = SshPopMessages.readPayload(payload);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
    Refusal.unless(
        blob.length <= CERTIFICATE_MAX_BYTES,
        "too-long",
        "a certificate of " + blob.length + " bytes, at most " + CERTIFICATE_MAX_BYTES);
    try {
      return SshCertificate.parse(blob);
    } catch (IllegalArgumentException e) {
      throw new Refusal("not-a-certificate", String.valueOf(e.getMessage()));
    }
  }

  private void certified(SshCertificate certificate) throws Refusal {
    Refusal.unless(
        certificate.type() == SshCertificate.HOST,
        "not-a-host",
        "a certificate of type " + certificate.type());
    var fingerprint = fingerprint(certificate.authority());
    var authority = config.authorities().get(fingerprint);
    if (authority == null) {
      throw new Refusal("unknown-authority", "signed by " + fingerprint);
    }
    var signature = certificate.signature();
    Refusal.unless(
        !signature.format().equals(SshKeys.RSA), "algorithm-not-allowed", "RSA with SHA-1");
    Refusal.unless(
        SshKeys.verify(authority, signature, certificate.signed()),
        "wrong-signature",
        "the authority did not sign it");
  }

  private String hostname(SshCertificate certificate) throws Refusal {
    var now = clock.instant();
    Refusal.unless(certificate.hasBegun(now), "not-yet-valid", "its time has not come");
    Refusal.unless(!certificate.hasEnded(now), "expired", "its time has passed");
    Refusal.unless(!certificate.hasCriticalOptions(), "critical-option", "no option is understood");
    Refusal.unless(!certificate.principals().isEmpty(), "no-principal", "it names no host");
    var first = certificate.principals().getFirst();
    if (config.canonicalDomain().isEmpty()) {
      return first;
    }
    var suffix = "." + config.canonicalDomain().get();
    Refusal.unless(first.endsWith(suffix), "other-domain", first + " is not in " + suffix);
    return first.substring(0, first.length() - suffix.length());
  }

  private AttestationStep challenge(SshCertificate certificate, SpiffeId agentId, String hostname) {
    byte[] ours = X509PopKeys.nonce();
    return new AttestationStep.Challenged(
        SshPopMessages.challenge(ours),
        response -> {
          try {
            possessed(certificate, ours, response);
          } catch (Refusal e) {
            return e.of(TYPE);
          }
          return new AttestationStep.Attested(node(certificate, agentId, hostname));
        });
  }

  /// Over SHA-256 of both nonces, which the signature's own digest then digests again.
  ///
  /// A `spire-agent` with an RSA key signs with SHA-1. That is weak against whoever may choose what
  /// is signed; here half of it is ours, and fresh.
  private static void possessed(SshCertificate certificate, byte[] ours, byte[] response)
      throws Refusal {
    Answer answer;
    try {
      answer = SshPopMessages.readAnswer(response);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-answer", String.valueOf(e.getMessage()));
    }
    Refusal.unless(
        answer.nonce().length == X509PopKeys.NONCE_BYTES,
        "nonce-length",
        answer.nonce().length + " bytes, not 32");
    Refusal.unless(
        SshKeys.verify(certificate.key(), answer.signature(), toSign(ours, answer.nonce())),
        "no-possession",
        "the signature over the nonces is wrong");
  }

  /// What the node signs.
  static byte[] toSign(byte[] broker, byte[] node) {
    return Digests.sha256(
        ByteBuffer.allocate(broker.length + node.length).put(broker).put(node).array());
  }

  private static AttestedNode node(SshCertificate certificate, SpiffeId agentId, String hostname) {
    return new AttestedNode(
        agentId,
        List.of(),
        true,
        Optional.empty(),
        Map.of(
            "certificate", fingerprint(certificate.blob()),
            "authority", fingerprint(certificate.authority()),
            "hostname", hostname,
            "key-id", certificate.keyId(),
            "serial", Long.toUnsignedString(certificate.serial())));
  }

  private SpiffeId agentId(SshCertificate certificate, String hostname) throws Refusal {
    var values =
        Map.of(
            "Fingerprint", fingerprint(certificate.blob()),
            "Hostname", hostname,
            "KeyId", certificate.keyId(),
            "Serial", Long.toUnsignedString(certificate.serial()));
    return config.agentPath().agentId(trustDomain, values);
  }

  /// As `ssh-keygen -l` shows it behind `SHA256:`, in the alphabet of paths.
  static String fingerprint(byte[] blob) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Digests.sha256(blob));
  }

  /// Offers [SshPopAttestor]; its keys stand in docs/attestors/sshpop.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new SshPopAttestor(trustDomain, SshPopConfig.read(settings), InstantSource.system());
    }
  }
}
