package dev.entente.attestors.host;

import java.util.HexFormat;

/// The keys a TPM is asked to make: those of the TCG's profiles, and of SPIRE.
final class TpmTemplates {
  private static final int RSA_BITS = 2048;
  private static final int AES_BITS = 128;
  private static final int P256 = 0x0003;

  private static final int PARENT =
      TpmAttributes.RESIDENT | TpmAttributes.RESTRICTED | TpmAttributes.DECRYPT;

  /// PolicySecret of the endorsement hierarchy (TCG EK Credential Profile, B.6.2).
  private static final byte[] ENDORSEMENT_POLICY =
      HexFormat.of().parseHex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");

  private TpmTemplates() {}

  /// The endorsement key (TCG EK Credential Profile, template L-1).
  static byte[] endorsementKey() {
    var out = begin(TpmPublic.RSA, PARENT | TpmAttributes.ADMIN_WITH_POLICY);
    return rsa(aes(out.sized(ENDORSEMENT_POLICY)).uint16(TpmPublic.NONE))
        .sized(new byte[RSA_BITS / 8])
        .toBytes();
  }

  /// The parent of a DevID key of that type (templates H-1 and H-2, which leave `unique` empty).
  static byte[] storageKey(int type) {
    var out = begin(type, PARENT | TpmAttributes.USER_WITH_AUTH | TpmAttributes.NO_DA);
    aes(out.sized()).uint16(TpmPublic.NONE);
    return type == TpmPublic.ECC
        ? out.uint16(P256).uint16(TpmPublic.NONE).sized().sized().toBytes()
        : rsa(out).sized().toBytes();
  }

  /// An attestation key: RSA, signs with SHA-256 what the TPM itself says.
  static byte[] attestationKey() {
    var out =
        begin(
            TpmPublic.RSA,
            TpmAttributes.RESIDENT
                | TpmAttributes.USER_WITH_AUTH
                | TpmAttributes.RESTRICTED
                | TpmAttributes.SIGN);
    out.sized().uint16(TpmPublic.NONE).uint16(TpmPublic.RSASSA).uint16(TpmHash.SHA256.id());
    return rsa(out).sized().toBytes();
  }

  private static TpmWriter begin(int type, int attributes) {
    return new TpmWriter().uint16(type).uint16(TpmHash.SHA256.id()).uint32(attributes);
  }

  private static TpmWriter aes(TpmWriter out) {
    return out.uint16(TpmPublic.AES).uint16(AES_BITS).uint16(TpmPublic.CFB);
  }

  private static TpmWriter rsa(TpmWriter out) {
    return out.uint16(RSA_BITS).uint32(0);
  }
}
