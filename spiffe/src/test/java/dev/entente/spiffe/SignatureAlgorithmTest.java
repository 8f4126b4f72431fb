package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.Signature;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which signatures of certificates count, and in which form.
final class SignatureAlgorithmTest {
  private static final byte[] TEXT = {1, 2, 3};
  private static final KeyPair RSA = TestKeys.rsa(2048, RSAKeyGenParameterSpec.F4);
  private static final KeyPair EC = TestKeys.ec("secp256r1");

  private static final String ECDSA_SHA256 = "1.2.840.10045.4.3.2";
  private static final String RSA_SHA256 = "1.2.840.113549.1.1.11";

  private static boolean isRsa(SignatureAlgorithm algorithm) {
    return algorithm.name().startsWith("RSA");
  }

  private static byte[] sign(SignatureAlgorithm algorithm) throws Exception {
    var hash = algorithm.name().substring(algorithm.name().indexOf('_') + 1);
    var signer = Signature.getInstance(hash + (isRsa(algorithm) ? "withRSA" : "withECDSA"));
    signer.initSign((isRsa(algorithm) ? RSA : EC).getPrivate());
    signer.update(TEXT);
    return signer.sign();
  }

  @ParameterizedTest
  @EnumSource
  void verifiesWithAKeyOfItsKindAlone(SignatureAlgorithm algorithm) throws Exception {
    var key = (isRsa(algorithm) ? RSA : EC).getPublic();
    byte[] signature = sign(algorithm);

    assertThat(algorithm.verify(key, TEXT, signature)).isTrue();
    assertThat(algorithm.verify(key, new byte[] {1, 2}, signature)).isFalse();
    for (var other : SignatureAlgorithm.values()) {
      if (other != algorithm) {
        assertThat(other.verify(key, TEXT, signature)).isFalse();
      }
    }
    for (int length : new int[] {0, 1, signature.length - 1, signature.length + 1}) {
      assertThat(algorithm.verify(key, TEXT, Arrays.copyOf(signature, length))).isFalse();
    }
  }

  private static byte[] der(ASN1Encodable... members) throws Exception {
    return new DERSequence(members).getEncoded();
  }

  private static byte[] with(byte[] der, ASN1Encodable more) throws Exception {
    var members = new ASN1EncodableVector();
    ASN1Sequence.getInstance(der).forEach(members::add);
    members.add(more);
    return new DERSequence(members).getEncoded();
  }

  @Test
  void refusesEcdsaSignaturesOfAnotherForm() throws Exception {
    byte[] good = withAHighBit();
    var r = ASN1Integer.getInstance(ASN1Sequence.getInstance(good).getObjectAt(0)).getValue();
    var s = ASN1Integer.getInstance(ASN1Sequence.getInstance(good).getObjectAt(1)).getValue();
    var withoutZero = new ASN1Integer(r.subtract(BigInteger.ONE.shiftLeft(256)));

    assertThat(verify(der(new ASN1Integer(r), new ASN1Integer(s)))).isTrue();
    assertThat(verify(der(withoutZero, new ASN1Integer(s)))).isFalse();
    assertThat(verify(der(new ASN1Integer(0), new ASN1Integer(s)))).isFalse();
    assertThat(verify(der(new ASN1Integer(r), new ASN1Integer(0)))).isFalse();
    assertThat(verify(with(good, DERNull.INSTANCE))).isFalse();
    assertThat(verify(Arrays.copyOf(good, good.length + 1))).isFalse();
    assertThat(verify(new byte[64])).isFalse();
  }

  private static boolean verify(byte[] signature) {
    return SignatureAlgorithm.ECDSA_SHA256.verify(EC.getPublic(), TEXT, signature);
  }

  /// A signature whose first number needs a zero in front; every second one does.
  private static byte[] withAHighBit() throws Exception {
    for (int i = 0; i < 200; i++) {
      byte[] signature = sign(SignatureAlgorithm.ECDSA_SHA256);
      if (signature[3] == 33) {
        return signature;
      }
    }
    throw new AssertionError("200 signatures without a high bit");
  }

  @Test
  void readsIdentifiersWithTheParametersTheyHave() throws Exception {
    var ecdsa = new ASN1ObjectIdentifier(ECDSA_SHA256);
    var rsa = new ASN1ObjectIdentifier(RSA_SHA256);
    var sha1 = new ASN1ObjectIdentifier("1.2.840.10045.4.1");

    assertThat(SignatureAlgorithm.read(der(ecdsa))).contains(SignatureAlgorithm.ECDSA_SHA256);
    assertThat(SignatureAlgorithm.read(der(rsa))).contains(SignatureAlgorithm.RSA_SHA256);
    assertThat(SignatureAlgorithm.read(der(rsa, DERNull.INSTANCE)))
        .contains(SignatureAlgorithm.RSA_SHA256);
    assertThat(SignatureAlgorithm.read(der(sha1))).isEmpty();
    for (var bad :
        Stream.of(
                der(ecdsa, DERNull.INSTANCE),
                der(rsa, new ASN1Integer(1)),
                der(rsa, DERNull.INSTANCE, DERNull.INSTANCE),
                Arrays.copyOf(der(rsa), der(rsa).length + 1),
                Arrays.copyOf(der(sha1), der(sha1).length + 1))
            .toList()) {
      assertThatThrownBy(() -> SignatureAlgorithm.read(bad)).isInstanceOf(MalformedException.class);
    }
  }
}
