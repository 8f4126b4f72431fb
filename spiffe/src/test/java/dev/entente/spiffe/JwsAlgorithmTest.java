package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import java.security.KeyPair;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which key goes with which algorithm, and what counts as its signature.
final class JwsAlgorithmTest {
  private static final byte[] TEXT = {1, 2, 3};
  private static final KeyPair RSA = TestKeys.rsa(2048, RSAKeyGenParameterSpec.F4);
  private static final KeyPair P256 = TestKeys.ec("secp256r1");
  private static final KeyPair P384 = TestKeys.ec("secp384r1");
  private static final KeyPair P521 = TestKeys.ec("secp521r1");

  private static KeyPair keyOf(JwsAlgorithm algorithm) {
    return switch (algorithm) {
      case ES256 -> P256;
      case ES384 -> P384;
      case ES512 -> P521;
      default -> RSA;
    };
  }

  @Test
  void signsWithTheUsualOneOfAKey() {
    var usual =
        Map.of(
            RSA, JwsAlgorithm.RS256,
            P256, JwsAlgorithm.ES256,
            P384, JwsAlgorithm.ES384,
            P521, JwsAlgorithm.ES512);

    usual.forEach((pair, algorithm) ->
        assertThat(JwsAlgorithm.usualFor(pair.getPublic())).isEqualTo(algorithm));
  }

  @ParameterizedTest
  @EnumSource
  void fitsNoKeyThatIsNotAcceptable(JwsAlgorithm algorithm) {
    for (var pair :
        new KeyPair[] {
          TestKeys.rsa(1024, RSAKeyGenParameterSpec.F4),
          TestKeys.otherCurve("secp256k1"),
          TestKeys.ed25519()
        }) {
      assertThat(algorithm.fits(pair.getPublic())).isFalse();
      assertThat(algorithm.verify(pair.getPublic(), TEXT, new byte[64])).isFalse();
      assertThatThrownBy(() -> JwsAlgorithm.usualFor(pair.getPublic()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void verifiesASignatureOfFullLengthByItsOwnKeyOverTheSameBytes(JwsAlgorithm algorithm)
      throws Exception {
    var pair = keyOf(algorithm);
    var signer = algorithm.newSignature();
    signer.initSign(pair.getPrivate());
    signer.update(TEXT);
    byte[] signature = signer.sign();
    var changed = signature.clone();
    changed[signature.length - 1] ^= 1;

    assertThat(algorithm.verify(pair.getPublic(), TEXT, signature)).isTrue();
    assertThat(algorithm.verify(pair.getPublic(), new byte[] {1, 2}, signature)).isFalse();
    assertThat(algorithm.verify(pair.getPublic(), TEXT, changed)).isFalse();
    for (int length : new int[] {0, 1, signature.length - 2, signature.length + 2}) {
      assertThat(algorithm.verify(pair.getPublic(), TEXT, Arrays.copyOf(signature, length)))
          .isFalse();
    }
    for (var other : JwsAlgorithm.values()) {
      if (keyOf(other) != pair) {
        assertThat(other.verify(pair.getPublic(), TEXT, signature)).isFalse();
      }
    }
  }

  /// An implementation of others signs, so that nothing wrong in ours can cancel out.
  @ParameterizedTest
  @EnumSource
  void verifiesWhatOthersSignedByThisAlgorithmAndByNoOther(JwsAlgorithm algorithm)
      throws JOSEException {
    var pair = keyOf(algorithm);
    var header = new JWSHeader(JWSAlgorithm.parse(algorithm.name()));
    var signer =
        pair.getPrivate() instanceof ECPrivateKey key
            ? new ECDSASigner(key)
            : new RSASSASigner(pair.getPrivate());

    var signature = signer.sign(header, TEXT).decode();

    for (var verifier : JwsAlgorithm.values()) {
      assertThat(verifier.verify(pair.getPublic(), TEXT, signature))
          .as(verifier.name())
          .isEqualTo(verifier == algorithm);
    }
  }
}
