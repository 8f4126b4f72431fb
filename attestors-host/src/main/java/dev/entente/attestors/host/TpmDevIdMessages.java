package dev.entente.attestors.host;

import dev.entente.spiffe.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The JSON that the two halves of `tpm_devid` exchange, as SPIRE writes it. What a TPM made is in
/// the TPM's own form, without the length it usually has before it.
final class TpmDevIdMessages {
  private static final String DEVID_CERTIFICATE = "DevIDCert";
  private static final String DEVID_PUBLIC = "DevIDPub";
  private static final String ENDORSEMENT_CERTIFICATE = "EKCert";
  private static final String ENDORSEMENT_PUBLIC = "EKPub";
  private static final String ATTESTATION_PUBLIC = "AKPub";
  private static final String STATEMENT = "CertifiedDevID";
  private static final String STATEMENT_SIGNATURE = "CertificationSignature";
  private static final String DEVID = "DevID";
  private static final String ACTIVATION = "CredActivation";
  private static final String CREDENTIAL = "Credential";
  private static final String SECRET = "Secret";

  private TpmDevIdMessages() {}

  /// What a node shows.
  ///
  /// @param devIdChain DER, leaf first
  /// @param endorsementCertificate DER
  /// @param statement that the attestation key certified the DevID key, TPMS_ATTEST
  record Payload(
      List<byte[]> devIdChain,
      byte[] devIdPublic,
      byte[] endorsementCertificate,
      byte[] endorsementPublic,
      byte[] attestationPublic,
      byte[] statement,
      byte[] statementSignature) {
    Payload {
      devIdChain = List.copyOf(devIdChain);
    }

    byte[] toJson() {
      var all = new LinkedHashMap<String, Object>();
      all.put(DEVID_CERTIFICATE, devIdChain.stream().map(JsonBytes::base64).toList());
      all.put(DEVID_PUBLIC, JsonBytes.base64(devIdPublic));
      all.put(ENDORSEMENT_CERTIFICATE, JsonBytes.base64(endorsementCertificate));
      all.put(ENDORSEMENT_PUBLIC, JsonBytes.base64(endorsementPublic));
      all.put(ATTESTATION_PUBLIC, JsonBytes.base64(attestationPublic));
      all.put(STATEMENT, JsonBytes.base64(statement));
      all.put(STATEMENT_SIGNATURE, JsonBytes.base64(statementSignature));
      return JsonBytes.write(all);
    }

    /// @throws IllegalArgumentException if the message is not what a node sends
    static Payload parse(byte[] json) {
      var all = Json.parseObject(json);
      return new Payload(
          JsonBytes.list(all, DEVID_CERTIFICATE),
          JsonBytes.bytes(all, DEVID_PUBLIC),
          JsonBytes.bytes(all, ENDORSEMENT_CERTIFICATE),
          JsonBytes.bytes(all, ENDORSEMENT_PUBLIC),
          JsonBytes.bytes(all, ATTESTATION_PUBLIC),
          JsonBytes.bytes(all, STATEMENT),
          JsonBytes.bytes(all, STATEMENT_SIGNATURE));
    }
  }

  /// What a broker asks.
  ///
  /// @param nonce for the DevID key to sign
  record Challenge(byte[] nonce, TpmCredential credential) {
    byte[] toJson() {
      var inner = new LinkedHashMap<String, Object>();
      inner.put(CREDENTIAL, JsonBytes.base64(credential.credential()));
      inner.put(SECRET, JsonBytes.base64(credential.secret()));
      var all = new LinkedHashMap<String, Object>();
      all.put(DEVID, JsonBytes.base64(nonce));
      all.put(ACTIVATION, inner);
      return JsonBytes.write(all);
    }

    /// @throws IllegalArgumentException if the message is not what a broker sends
    static Challenge parse(byte[] json) {
      var all = Json.parseObject(json);
      if (all.get(ACTIVATION) instanceof Map<?, ?> inner) {
        return new Challenge(
            JsonBytes.bytes(all, DEVID),
            new TpmCredential(JsonBytes.bytes(inner, CREDENTIAL), JsonBytes.bytes(inner, SECRET)));
      }
      throw new IllegalArgumentException("the challenge has no \"" + ACTIVATION + "\"");
    }
  }

  /// A node's answer.
  ///
  /// @param signature over the nonce, by the DevID key: RSA raw, ECDSA in DER
  /// @param secret what the TPM found in the credential
  record Answer(byte[] signature, byte[] secret) {
    byte[] toJson() {
      var all = new LinkedHashMap<String, Object>();
      all.put(DEVID, JsonBytes.base64(signature));
      all.put(ACTIVATION, JsonBytes.base64(secret));
      return JsonBytes.write(all);
    }

    /// @throws IllegalArgumentException if the message is not what a node sends
    static Answer parse(byte[] json) {
      var all = Json.parseObject(json);
      return new Answer(JsonBytes.bytes(all, DEVID), JsonBytes.bytes(all, ACTIVATION));
    }

    @Override
    public String toString() {
      return "Answer[]";
    }
  }
}
