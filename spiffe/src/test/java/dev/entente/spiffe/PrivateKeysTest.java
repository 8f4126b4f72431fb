package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import javax.crypto.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The form in which the Workload API hands out keys: PKCS#8, not encrypted (SPIFFE Workload API
/// §5.1).
final class PrivateKeysTest {
  @ParameterizedTest
  @EnumSource(names = {"EC_P256", "RSA_2048"})
  @Tag("+WAPI-27")
  void readsPkcs8(KeyAlgorithm algorithm) {
    var key = algorithm.generate().getPrivate();

    assertThat(PrivateKeys.fromPkcs8(key.getEncoded())).isEqualTo(key);
  }

  @ParameterizedTest
  @EnumSource(names = {"EC_P256", "RSA_2048"})
  @Tag("-WAPI-27")
  void refusesSec1AndPkcs1(KeyAlgorithm algorithm) throws Exception {
    var info = PrivateKeyInfo.getInstance(algorithm.generate().getPrivate().getEncoded());
    var inner = info.parsePrivateKey().toASN1Primitive().getEncoded();

    assertThatThrownBy(() -> PrivateKeys.fromPkcs8(inner))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Tag("-WAPI-27")
  void refusesAnEncryptedKey() throws Exception {
    // What is inside does not matter: nothing that has this shape is a key to us.
    var encrypted = new EncryptedPrivateKeyInfo("PBEWithMD5AndDES", new byte[72]);

    assertThatThrownBy(() -> PrivateKeys.fromPkcs8(encrypted.getEncoded()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
