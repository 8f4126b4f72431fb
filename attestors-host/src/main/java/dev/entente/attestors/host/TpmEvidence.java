package dev.entente.attestors.host;

import dev.entente.attestor.spi.Refusal;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.List;

/// What a node shows of its TPM, taken apart, and the rules that need no authority.
///
/// @param devIdChain leaf first; each key is one that may be computed with
/// @param endorsement says which key is the TPM's; not yet validated
/// @param statement what the attestation key is said to have signed, TPMS_ATTEST
/// @param statementSignature TPMT_SIGNATURE
record TpmEvidence(
    List<X509Certificate> devIdChain,
    X509Certificate endorsement,
    TpmPublic devIdPublic,
    TpmPublic endorsementPublic,
    TpmPublic attestationPublic,
    byte[] statement,
    byte[] statementSignature) {
  /// A leaf, and what is between it and its authority.
  private static final int CERTIFICATES_MAX = 5;

  /// Authorities of makers have RSA keys of 4096 bits at most.
  private static final int RSA_MAX_BITS = 8192;

  private static final int KEY_USAGE_DIGITAL_SIGNATURE = 0;
  private static final String ANY_USAGE = "2.5.29.37.0";

  /// tcg-kp-EKCertificate (TCG EK Credential Profile, 3.2.16).
  private static final String ENDORSEMENT_USAGE = "2.23.133.8.1";

  TpmEvidence {
    devIdChain = List.copyOf(devIdChain);
  }

  /// Takes a payload apart. Nothing is computed with a key that is not on the list.
  static TpmEvidence read(Payload payload) throws Refusal {
    var chain = payload.devIdChain();
    Refusal.unless(!chain.isEmpty(), "malformed", "no DevID certificate");
    Refusal.unless(
        chain.size() <= CERTIFICATES_MAX,
        "too-many-certificates",
        chain.size() + " certificates, at most " + CERTIFICATES_MAX);
    var certificates = certificates(chain);
    var endorsement = certificates(List.of(payload.endorsementCertificate())).getFirst();
    requireUsage(certificates.getFirst(), endorsement);
    return new TpmEvidence(
        certificates,
        endorsement,
        key("DevID", payload.devIdPublic()),
        key("endorsement", payload.endorsementPublic()),
        key("attestation", payload.attestationPublic()),
        payload.statement(),
        payload.statementSignature());
  }

  private static List<X509Certificate> certificates(List<byte[]> ders) throws Refusal {
    List<X509Certificate> certificates;
    try {
      certificates = X509PopChain.parse(ders);
    } catch (CertificateException e) {
      throw new Refusal("not-a-certificate", String.valueOf(e.getMessage()));
    }
    for (var certificate : certificates) {
      var objection = X509PopKeys.objection(certificate.getPublicKey(), RSA_MAX_BITS);
      Refusal.unless(objection.isEmpty(), "key-not-allowed", objection.orElse(""));
    }
    return certificates;
  }

  /// A certificate that says nothing of its use may be used, as SPIRE takes it.
  private static void requireUsage(X509Certificate devId, X509Certificate endorsement)
      throws Refusal {
    var usage = devId.getKeyUsage();
    Refusal.unless(
        usage == null || usage[KEY_USAGE_DIGITAL_SIGNATURE],
        "no-digital-signature",
        "the DevID certificate's key usage does not allow it");
    try {
      var extended = endorsement.getExtendedKeyUsage();
      Refusal.unless(
          extended == null || extended.contains(ENDORSEMENT_USAGE) || extended.contains(ANY_USAGE),
          "not-an-endorsement",
          "the endorsement certificate is for " + extended);
    } catch (CertificateParsingException e) {
      throw new Refusal("not-a-certificate", String.valueOf(e.getMessage()));
    }
  }

  private static TpmPublic key(String name, byte[] area) throws Refusal {
    try {
      return TpmPublic.parse(area);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-key", "the " + name + " key: " + e.getMessage());
    }
  }

  /// The keys belong to their certificates, and are what they are said to be.
  void requireKeys() throws Refusal {
    requireEndorsementKey();
    requireDevIdKey();
    requireAttestationKey();
  }

  /// Its attributes are the node's word alone: only the modulus is in the certificate. They are
  /// looked at because no TPM would activate a credential with another kind of key.
  private void requireEndorsementKey() throws Refusal {
    Refusal.unless(
        same(endorsement.getPublicKey(), endorsementPublic.key()),
        "other-endorsement-key",
        "the endorsement certificate is for another key");
    Refusal.unless(
        endorsementPublic.key() instanceof RSAPublicKey, "endorsement-key", "it is no RSA key");
    Refusal.unless(
        TpmAttributes.hold(
            endorsementPublic.attributes(),
            TpmAttributes.RESIDENT | TpmAttributes.RESTRICTED | TpmAttributes.DECRYPT,
            TpmAttributes.SIGN),
        "endorsement-key",
        attributes(endorsementPublic));
    Refusal.unless(
        endorsementPublic.symmetric().filter(TpmEvidence::isAes).isPresent(),
        "endorsement-key",
        "it does not encrypt with AES");
  }

  private static boolean isAes(TpmPublic.Symmetric symmetric) {
    return symmetric.algorithm() == TpmPublic.AES
        && symmetric.mode() == TpmPublic.CFB
        && (symmetric.keyBits() == 128 || symmetric.keyBits() == 256);
  }

  private void requireDevIdKey() throws Refusal {
    Refusal.unless(
        same(devIdChain.getFirst().getPublicKey(), devIdPublic.key()),
        "other-devid-key",
        "the DevID certificate is for another key");
    Refusal.unless(
        TpmAttributes.hold(
            devIdPublic.attributes(),
            TpmAttributes.RESIDENT | TpmAttributes.SIGN,
            TpmAttributes.DECRYPT),
        "devid-key",
        attributes(devIdPublic));
  }

  /// What is not restricted signs anything, also what only looks like the TPM's own statement.
  private void requireAttestationKey() throws Refusal {
    Refusal.unless(
        attestationPublic.key() instanceof RSAPublicKey, "attestation-key", "it is no RSA key");
    Refusal.unless(
        TpmAttributes.hold(
            attestationPublic.attributes(),
            TpmAttributes.RESIDENT | TpmAttributes.RESTRICTED | TpmAttributes.SIGN,
            TpmAttributes.DECRYPT),
        "attestation-key",
        attributes(attestationPublic));
    Refusal.unless(
        attestationPublic.scheme().filter(it -> it.algorithm() == TpmPublic.RSASSA).isPresent(),
        "attestation-key",
        "it does not sign with PKCS #1 v1.5");
  }

  private static String attributes(TpmPublic key) {
    return "it is " + TpmAttributes.text(key.attributes());
  }

  private static boolean same(PublicKey certified, PublicKey key) {
    if (certified instanceof RSAPublicKey one && key instanceof RSAPublicKey other) {
      return one.getModulus().equals(other.getModulus())
          && one.getPublicExponent().equals(other.getPublicExponent());
    }
    return certified instanceof ECPublicKey one
        && key instanceof ECPublicKey other
        && X509PopKeys.curveBytes(one) == X509PopKeys.curveBytes(other)
        && one.getW().equals(other.getW());
  }

  /// The attestation key signed that its TPM holds the DevID key. Read only once that is sure.
  void requireStatement() throws Refusal {
    requireSignature();
    var said = parsed();
    Refusal.unless(
        said.magic() == TpmStatement.MADE_BY_A_TPM,
        "not-made-by-a-tpm",
        "it begins with 0x%08x".formatted(said.magic()));
    Refusal.unless(
        said.type() == TpmStatement.CERTIFY,
        "not-a-certification",
        "a statement of type 0x%04x".formatted(said.type()));
    Refusal.unless(
        Arrays.equals(certifiedName(said), devIdPublic.name()),
        "other-key-certified",
        "the statement is about another key");
  }

  private void requireSignature() throws Refusal {
    TpmSignature signature;
    try {
      signature = TpmSignature.parse(statementSignature);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-signature", String.valueOf(e.getMessage()));
    }
    var hash = attestationPublic.scheme().orElseThrow().hash();
    Refusal.unless(
        signature instanceof TpmSignature.Rsa rsa
            && rsa.hash() == hash
            && signed(attestationPublic.key(), hash, rsa.bytes()),
        "wrong-signature",
        "the attestation key did not sign the statement");
  }

  private boolean signed(PublicKey key, TpmHash hash, byte[] bytes) {
    try {
      var verifier = Signature.getInstance("SHA" + hash.bits() + "withRSA");
      verifier.initVerify(key);
      verifier.update(statement);
      return verifier.verify(bytes);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private TpmStatement parsed() throws Refusal {
    try {
      return TpmStatement.parse(statement);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-statement", String.valueOf(e.getMessage()));
    }
  }

  private static byte[] certifiedName(TpmStatement said) throws Refusal {
    try {
      return said.certifiedName();
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed-statement", String.valueOf(e.getMessage()));
    }
  }
}
