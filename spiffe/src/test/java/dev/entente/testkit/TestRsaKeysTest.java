package dev.entente.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TestRsaKeysTest {
  /// More than the kept primes make.
  private static final int MANY = 20 * 19 / 2 + 1;

  @Test
  void givesManyKeysThatFitAndNoneTwice() throws Exception {
    List<KeyPair> keys = Stream.generate(TestRsaKeys::next).limit(MANY).toList();

    assertThat(keys)
        .extracting(it -> ((RSAPublicKey) it.getPublic()).getModulus())
        .allMatch(modulus -> modulus.bitLength() == 2048)
        .doesNotHaveDuplicates();
    for (var pair : List.of(keys.getFirst(), keys.get(MANY / 2), keys.getLast())) {
      var signer = Signature.getInstance("SHA256withRSA");
      signer.initSign(pair.getPrivate());
      signer.update((byte) 1);
      var signature = signer.sign();
      signer.initVerify(pair.getPublic());
      signer.update((byte) 1);
      assertThat(signer.verify(signature)).isTrue();
    }
  }
}
