package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.host.TpmDevIdMessages.Answer;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a node whose DevID key is in a TPM.
///
/// 1. The payload is read; certificates and keys are bounded before anything is computed.
/// 2. The DevID certificate is from a configured authority, and may sign.
/// 3. The endorsement certificate is from a configured authority of TPMs, for the endorsement key.
/// 4. The three keys are what the TPM calls them and can do no more than they should.
/// 5. The attestation key says that the DevID key is in its TPM.
/// 6. The DevID key signs a fresh nonce, and the TPM with the endorsement key and the attestation
///    key gives back a secret that was encrypted for both.
///
/// From 4 and 5 follows that the DevID key was made in the attestation key's TPM and cannot leave
/// it, from 3 and 6 that this is a TPM of the configured makers, from 2 and 6 that it is the
/// certificate's key, used now.
public final class TpmDevIdAttestor implements NodeAttestor {
  static final String TYPE = "tpm_devid";

  private static final SecureRandom RANDOM = new SecureRandom();

  private final TrustDomain trustDomain;
  private final TpmDevIdConfig config;

  TpmDevIdAttestor(TrustDomain trustDomain, TpmDevIdConfig config) {
    this.trustDomain = trustDomain;
    this.config = config;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    try {
      var shown = TpmEvidence.read(payload(presentation.payload())); // 1
      var devId = config.devIds().validate(shown.devIdChain(), "devid"); // 2
      config.endorsements().validate(List.of(shown.endorsement()), "endorsement"); // 3
      shown.requireKeys(); // 4
      shown.requireStatement(); // 5
      return challenge(shown, node(devId, shown.endorsement())); // 6
    } catch (Refusal e) {
      return e.of(TYPE);
    }
  }

  private static Payload payload(byte[] json) throws Refusal {
    try {
      return Payload.parse(json);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
  }

  private static AttestationStep challenge(TpmEvidence shown, AttestedNode node) {
    byte[] nonce = X509PopKeys.nonce();
    byte[] secret = new byte[shown.endorsementPublic().nameHash().bytes()];
    RANDOM.nextBytes(secret);
    var credential =
        TpmCredential.make(shown.endorsementPublic(), shown.attestationPublic().name(), secret);
    return new AttestationStep.Challenged(
        new Challenge(nonce, credential).toJson(),
        response -> {
          try {
            requireAnswer(answer(response), shown.devIdChain().getFirst(), nonce, secret);
          } catch (Refusal e) {
            return e.of(TYPE);
          }
          return new AttestationStep.Attested(node);
        });
  }

  private static Answer answer(byte[] response) throws Refusal {
    try {
      return Answer.parse(response);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-answer", String.valueOf(e.getMessage()));
    }
  }

  private static void requireAnswer(
      Answer answer, X509Certificate devId, byte[] nonce, byte[] secret) throws Refusal {
    Refusal.unless(
        verify(devId.getPublicKey(), nonce, answer.signature()),
        "no-possession",
        "the DevID key did not sign the nonce");
    Refusal.unless(
        MessageDigest.isEqual(secret, answer.secret()),
        "no-residence",
        "the attestation key is not in the TPM of the endorsement key");
  }

  private static boolean verify(PublicKey key, byte[] nonce, byte[] proof) {
    try {
      var signature =
          Signature.getInstance(key instanceof RSAPublicKey ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initVerify(key);
      signature.update(nonce);
      return signature.verify(proof);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private AttestedNode node(X509PopTrusted devId, X509Certificate endorsement) throws Refusal {
    var leaf = devId.leaf();
    var endorsementKey = Digests.sha256Hex(endorsement.getPublicKey().getEncoded());
    var values = new HashMap<String, String>();
    values.put(TpmDevIdConfig.FINGERPRINT, X509PopNames.fingerprint(leaf));
    values.put(TpmDevIdConfig.SERIAL_NUMBER, X509PopNames.serialNumberHex(leaf));
    values.put(TpmDevIdConfig.ENDORSEMENT_KEY, endorsementKey);
    X509PopNames.commonName(leaf).ifPresent(cn -> values.put(TpmDevIdConfig.COMMON_NAME, cn));
    SpiffeId agentId = config.agentPath().agentId(trustDomain, values);
    return new AttestedNode(
        agentId,
        selectors(devId),
        true,
        Optional.empty(),
        Map.of(
            "certificate-sha1", X509PopNames.fingerprint(leaf),
            "subject", leaf.getSubjectX500Principal().getName(),
            "issuer", leaf.getIssuerX500Principal().getName(),
            "endorsement-key-sha256", endorsementKey));
  }

  private static List<Selector> selectors(X509PopTrusted devId) {
    var leaf = devId.leaf();
    var values = new ArrayList<String>();
    X509PopNames.commonName(leaf).ifPresent(cn -> values.add("subject:cn:" + cn));
    X509PopNames.commonName(leaf.getIssuerX500Principal())
        .ifPresent(cn -> values.add("issuer:cn:" + cn));
    devId.authorities().forEach(it -> values.add("ca:fingerprint:" + X509PopNames.fingerprint(it)));
    return Selector.ofType(TYPE, values);
  }

  /// Offers [TpmDevIdAttestor]; its keys stand in docs/attestors/tpm_devid.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new TpmDevIdAttestor(
          trustDomain, TpmDevIdConfig.read(settings, InstantSource.system()));
    }
  }
}
