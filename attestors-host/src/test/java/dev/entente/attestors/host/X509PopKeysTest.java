package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Proofs as SPIRE's agents make them, not as our own half does.
class X509PopKeysTest {
  private static final byte[] BROKERS = {1, 2};
  private static final byte[] NODES = {3, 4};

  private static byte[] proof(KeyPair pair, int salt) throws Exception {
    var signer = Signature.getInstance("RSASSA-PSS");
    signer.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, salt, 1));
    signer.initSign(pair.getPrivate());
    signer.update(new byte[] {1, 2, 3, 4});
    return signer.sign();
  }

  /// Go's "longest salt": the modulus in whole bytes, less the digest and two.
  @ParameterizedTest
  @CsvSource({"2048, 222", "3072, 350"})
  void wantsTheLongestSaltTheKeyAllows(int bits, int salt) throws Exception {
    var pair = MachineAuthority.rsa(bits);
    var key = pair.getPublic();

    assertThat(X509PopKeys.verify(key, BROKERS, NODES, proof(pair, salt))).isTrue();
    assertThat(X509PopKeys.verify(key, BROKERS, NODES, proof(pair, 32))).isFalse();
    assertThat(X509PopKeys.verify(key, NODES, BROKERS, proof(pair, salt))).isFalse();
  }

  @Test
  void takesNoProofOfAnotherLength() throws Exception {
    var pair = MachineAuthority.rsa(2048);
    byte[] proof = proof(pair, 222);

    for (int length : new int[] {0, 255, 257}) {
      assertThat(X509PopKeys.verify(pair.getPublic(), BROKERS, NODES, Arrays.copyOf(proof, length)))
          .isFalse();
    }
  }
}
