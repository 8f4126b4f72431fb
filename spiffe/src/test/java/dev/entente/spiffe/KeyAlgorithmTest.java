package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPair;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class KeyAlgorithmTest {
  private static final BigInteger F4 = BigInteger.valueOf(65537);

  @ParameterizedTest
  @EnumSource
  void findsEachByItsConfigName(KeyAlgorithm algorithm) {
    assertThat(KeyAlgorithm.parse(algorithm.configName())).isEqualTo(algorithm);
  }

  @Test
  void saysWhichNamesThereAre() {
    assertThatThrownBy(() -> KeyAlgorithm.parse("EC_P256"))
        .hasMessage("no key type \"EC_P256\", there are ec-p256, ec-p384, rsa-2048, rsa-4096");
  }

  @ParameterizedTest
  @EnumSource
  void acceptsWhatItMakes(KeyAlgorithm algorithm) {
    var key = TestKeys.made(algorithm).getPublic();

    assertThat(KeyAlgorithm.isAcceptable(key)).isTrue();
    assertThat(PublicKeys.read(key.getEncoded())).isEqualTo(key);
  }

  @ParameterizedTest
  @EnumSource
  void readsForOneUseTheSameKey(KeyAlgorithm algorithm) {
    var key = TestKeys.made(algorithm).getPublic();

    var once = PublicKeys.readOnce(key.getEncoded());

    assertThat(once).isEqualTo(key).hasSameHashCodeAs(PublicKeys.readOnce(key.getEncoded()));
    assertThat(key).isEqualTo(once);
    assertThat(once).isNotEqualTo(algorithm.generate().getPublic());
    assertThat(KeyAlgorithm.isAcceptable(once)).isTrue();
    assertThat(once.getEncoded()).isEqualTo(key.getEncoded());
    assertThat(PublicKeys.keyIdentifier(once)).isEqualTo(PublicKeys.keyIdentifier(key));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("keys")
  void acceptsFromOthersWhatIsOnTheList(String name, KeyPair pair, boolean accepted) {
    assertThat(KeyAlgorithm.isAcceptable(pair.getPublic())).isEqualTo(accepted);
    assertThat(PublicKeys.readIfAcceptable(pair.getPublic().getEncoded()))
        .isEqualTo(accepted ? Optional.of(pair.getPublic()) : Optional.empty());
    if (!accepted) {
      assertThatThrownBy(() -> PublicKeys.read(pair.getPublic().getEncoded()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> PublicKeys.readOnce(pair.getPublic().getEncoded()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void tellsAMalformedKeyFromOneThatIsNotAcceptable() {
    assertThatThrownBy(() -> PublicKeys.readIfAcceptable(new byte[] {0x30, 0}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  static Stream<Arguments> keys() {
    return Stream.of(
        Arguments.of("P-521", TestKeys.ec("secp521r1"), true),
        Arguments.of("secp256k1", TestKeys.otherCurve("secp256k1"), false),
        Arguments.of("brainpool", TestKeys.otherCurve("brainpoolP256r1"), false),
        Arguments.of("RSA 1024", TestKeys.rsa(1024, F4), false),
        Arguments.of("RSA 2040", TestKeys.rsa(2040, F4), false),
        Arguments.of("RSA 3072", TestKeys.rsa(3072, F4), true),
        Arguments.of("RSA with 3", TestKeys.rsa(2048, BigInteger.valueOf(3)), false),
        Arguments.of("Ed25519", TestKeys.ed25519(), false));
  }

  @Test
  void refusesExplicitCurveParametersAndPointsOffTheCurve() {
    var explicit = TestKeys.explicitP256().getPublic().getEncoded();
    var offCurve = TestKeys.ec("secp256r1").getPublic().getEncoded();
    offCurve[offCurve.length - 1] ^= 1;

    assertThatThrownBy(() -> PublicKeys.read(explicit))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PublicKeys.read(offCurve))
        .hasMessage("public key is not a point of P-256");
    assertThatThrownBy(() -> PublicKeys.readOnce(explicit))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PublicKeys.readOnce(offCurve))
        .hasMessage("public key is not a point of P-256");
  }
}
