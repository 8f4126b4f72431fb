package dev.entente.testkit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/// What a TPM computes, with keys in memory: public areas, statements, signatures, and credentials
/// opened only by both of their keys (TPM 2.0 Library, Parts 1 and 2). SHA-256 throughout.
public final class SoftTpm {
  /// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, sign.
  public static final int DEVID_ATTRIBUTES = 0x00040072;

  /// The same, restricted.
  public static final int ATTESTATION_ATTRIBUTES = 0x00050072;

  /// fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt.
  public static final int ENDORSEMENT_ATTRIBUTES = 0x000300b2;

  /// With which every statement of a TPM begins.
  public static final int MAGIC = 0xff544347;

  /// That a key is in the TPM.
  public static final int CERTIFY = 0x8017;

  /// A key that signs with PKCS #1 v1.5.
  public static final int RSASSA = 0x14;

  /// A key on a curve that signs.
  public static final int ECDSA = 0x18;

  /// No algorithm.
  public static final int NONE = 0x10;

  private static final int SHA256 = 0x0b;
  private static final int DIGEST_BYTES = 32;

  private SoftTpm() {}

  /// A new key on P-256.
  public static KeyPair ec() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A public area (TPMT_PUBLIC).
  ///
  /// @param aesBits with what it encrypts; 0 for a key that signs
  /// @param scheme how it signs, or [#NONE]
  public static byte[] area(PublicKey key, int attributes, int aesBits, int scheme) {
    return bytes(out -> {
      out.writeShort(key instanceof RSAPublicKey ? 0x0001 : 0x0023);
      out.writeShort(SHA256);
      out.writeInt(attributes);
      out.writeShort(0);
      if (aesBits == 0) {
        out.writeShort(NONE);
      } else {
        out.writeShort(0x0006);
        out.writeShort(aesBits);
        out.writeShort(0x0043);
      }
      out.writeShort(scheme);
      if (scheme != NONE) {
        out.writeShort(SHA256);
      }
      switch (key) {
        case RSAPublicKey rsa -> {
          out.writeShort(rsa.getModulus().bitLength());
          out.writeInt(0);
          sized(out, unsigned(rsa.getModulus(), rsa.getModulus().bitLength() / 8));
        }
        case ECPublicKey ec -> {
          out.writeShort(0x0003);
          out.writeShort(NONE);
          sized(out, unsigned(ec.getW().getAffineX(), DIGEST_BYTES));
          sized(out, unsigned(ec.getW().getAffineY(), DIGEST_BYTES));
        }
        default -> throw new IllegalArgumentException(key.getAlgorithm());
      }
    });
  }

  /// How a TPM calls a key.
  public static byte[] name(byte[] area) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(area);
      return bytes(out -> {
        out.writeShort(SHA256);
        out.write(digest);
      });
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A statement about a key (TPMS_ATTEST).
  public static byte[] statement(int magic, int type, byte[] name) {
    return bytes(out -> {
      out.writeInt(magic);
      out.writeShort(type);
      sized(out, name);
      sized(out, new byte[0]);
      out.writeLong(4711);
      out.writeInt(1);
      out.writeInt(0);
      out.writeByte(1);
      out.writeLong(0x2019102300163636L);
      sized(out, name);
      sized(out, name);
    });
  }

  /// A signature (TPMT_SIGNATURE) over `message`, with SHA-256.
  public static byte[] signature(KeyPair by, byte[] message) {
    return bytes(out -> {
      if (by.getPublic() instanceof RSAPublicKey) {
        out.writeShort(RSASSA);
        out.writeShort(SHA256);
        sized(out, sign(by, "SHA256withRSA", message));
      } else {
        byte[] both = sign(by, "SHA256withECDSAinP1363Format", message);
        out.writeShort(ECDSA);
        out.writeShort(SHA256);
        sized(out, Arrays.copyOf(both, DIGEST_BYTES));
        sized(out, Arrays.copyOfRange(both, DIGEST_BYTES, 2 * DIGEST_BYTES));
      }
    });
  }

  /// A signature as the JDK makes it.
  public static byte[] sign(KeyPair by, String algorithm, byte[] message) {
    try {
      var signature = Signature.getInstance(algorithm);
      signature.initSign(by.getPrivate());
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What is in a credential for an endorsement key that encrypts with AES-128.
  ///
  /// @throws IllegalArgumentException if it was made for another key or changed
  public static byte[] activate(
      KeyPair endorsement, byte[] name, byte[] credential, byte[] secret) {
    return activate(endorsement, 128, name, credential, secret);
  }

  /// What is in a credential.
  ///
  /// @param aesBits with what the endorsement key encrypts
  /// @param name of the key it has to be made for
  /// @param credential integrity and encrypted identity, without a length before both
  /// @throws IllegalArgumentException if it was made for another key or changed
  public static byte[] activate(
      KeyPair endorsement, int aesBits, byte[] name, byte[] credential, byte[] secret) {
    try {
      var oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
      oaep.init(
          Cipher.DECRYPT_MODE,
          endorsement.getPrivate(),
          new OAEPParameterSpec(
              "SHA-256",
              "MGF1",
              MGF1ParameterSpec.SHA256,
              new PSource.PSpecified("IDENTITY\0".getBytes(StandardCharsets.US_ASCII))));
      byte[] seed = oaep.doFinal(secret);
      var in = ByteBuffer.wrap(credential);
      byte[] integrity = new byte[in.getShort()];
      in.get(integrity);
      byte[] identity = Arrays.copyOfRange(credential, in.position(), credential.length);
      byte[] expected = mac(derived(seed, "INTEGRITY", new byte[0], 256), concat(identity, name));
      if (!Arrays.equals(integrity, expected)) {
        throw new IllegalArgumentException("made for another key");
      }
      var aes = Cipher.getInstance("AES/CFB/NoPadding");
      aes.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(derived(seed, "STORAGE", name, aesBits), "AES"),
          new IvParameterSpec(new byte[16]));
      byte[] plain = aes.doFinal(identity);
      return Arrays.copyOfRange(plain, 2, plain.length);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("made for another TPM", e);
    }
  }

  private static byte[] derived(byte[] seed, String label, byte[] context, int bits)
      throws GeneralSecurityException {
    byte[] block =
        mac(
            seed,
            bytes(out -> {
              out.writeInt(1);
              out.writeBytes(label);
              out.writeByte(0);
              out.write(context);
              out.writeInt(bits);
            }));
    return Arrays.copyOf(block, bits / 8);
  }

  private static byte[] mac(byte[] key, byte[] message) throws GeneralSecurityException {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(message);
  }

  private static byte[] concat(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  private static byte[] unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] out = new byte[length];
    int count = Math.min(length, bytes.length);
    System.arraycopy(bytes, bytes.length - count, out, length - count, count);
    return out;
  }

  static void sized(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  /// Writes one structure.
  @FunctionalInterface
  interface Writing {
    void write(DataOutputStream out) throws IOException;
  }

  static byte[] bytes(Writing writing) {
    try {
      var bytes = new ByteArrayOutputStream();
      writing.write(new DataOutputStream(bytes));
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
