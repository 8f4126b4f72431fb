package dev.entente.attestors.host;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The hashes that are taken from a TPM; SHA-1 is not.
enum TpmHash {
  SHA256(0x000b, 256),
  SHA384(0x000c, 384),
  SHA512(0x000d, 512);

  private final int id;
  private final int bits;

  TpmHash(int id, int bits) {
    this.id = id;
    this.bits = bits;
  }

  /// @throws IllegalArgumentException if it is none of these
  static TpmHash of(int id) {
    for (var hash : values()) {
      if (hash.id == id) {
        return hash;
      }
    }
    throw new IllegalArgumentException("hash 0x%04x is not allowed".formatted(id));
  }

  int id() {
    return id;
  }

  int bits() {
    return bits;
  }

  int bytes() {
    return bits / 8;
  }

  /// As the JDK calls it: `SHA-256`.
  String standardName() {
    return "SHA-" + bits;
  }

  byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance(standardName()).digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + standardName(), e);
    }
  }

  byte[] mac(byte[] key, byte[] bytes) {
    try {
      var mac = Mac.getInstance("HmacSHA" + bits);
      mac.init(new SecretKeySpec(key, mac.getAlgorithm()));
      return mac.doFinal(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC with " + standardName(), e);
    }
  }
}
