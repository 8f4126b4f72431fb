package dev.entente.attestors.host;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/// A secret that only a TPM gives back which holds two keys: the endorsement key it is encrypted
/// to, and a key of the name it is made for (TPM 2.0 Library, Part 1, 24 and B.10.4).
///
/// @param credential TPM2B_ID_OBJECT, without its length
/// @param secret TPM2B_ENCRYPTED_SECRET, without its length
record TpmCredential(byte[] credential, byte[] secret) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] NOTHING = {};

  /// Wraps `value` for the TPM of `endorsement`, and there for the key called `name`.
  ///
  /// @param endorsement an RSA key with AES in CFB mode
  /// @param value at most as long as the digests of the endorsement key's hash
  static TpmCredential make(TpmPublic endorsement, byte[] name, byte[] value) {
    var hash = endorsement.nameHash();
    byte[] seed = new byte[hash.bytes()];
    RANDOM.nextBytes(seed);
    int keyBits = endorsement.symmetric().orElseThrow().keyBits();
    try {
      byte[] identity =
          encrypt(
              derive(hash, seed, "STORAGE", name, keyBits), new TpmWriter().sized(value).toBytes());
      byte[] integrity =
          hash.mac(
              derive(hash, seed, "INTEGRITY", NOTHING, hash.bits()),
              new TpmWriter().bytes(identity).bytes(name).toBytes());
      return new TpmCredential(
          new TpmWriter().sized(integrity).bytes(identity).toBytes(), wrap(endorsement, seed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES and RSA-OAEP", e);
    }
  }

  private static byte[] encrypt(byte[] key, byte[] plain) throws GeneralSecurityException {
    var aes = Cipher.getInstance("AES/CFB/NoPadding");
    aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[16]));
    return aes.doFinal(plain);
  }

  private static byte[] wrap(TpmPublic endorsement, byte[] seed) throws GeneralSecurityException {
    var hash = endorsement.nameHash().standardName();
    var rsa = Cipher.getInstance("RSA/ECB/OAEPPadding");
    rsa.init(
        Cipher.ENCRYPT_MODE,
        endorsement.key(),
        new OAEPParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            new PSource.PSpecified("IDENTITY\0".getBytes(StandardCharsets.US_ASCII))));
    return rsa.doFinal(seed);
  }

  /// KDFa (TPM 2.0 Library, Part 1, 11.4.10.2); one block is enough for every key here.
  private static byte[] derive(
      TpmHash hash, byte[] seed, String label, byte[] context, int keyBits) {
    byte[] block =
        hash.mac(
            seed,
            new TpmWriter()
                .uint32(1)
                .bytes(label.getBytes(StandardCharsets.US_ASCII))
                .uint8(0)
                .bytes(context)
                .uint32(keyBits)
                .toBytes());
    return Arrays.copyOf(block, keyBits / 8);
  }

  @Override
  public String toString() {
    return "TpmCredential[]";
  }
}
