package dev.entente.broker.authority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.KeyAlgorithm;
import java.security.Signature;
import org.junit.jupiter.api.Test;

class CryptoProviderTest {
  @Test
  void saysWhichProviderSignsAndSaysTheSameAgain() throws Exception {
    var installed = CryptoProvider.install();

    assertThat(CryptoProvider.install()).isEqualTo(installed);
    var signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(KeyAlgorithm.EC_P256.generate().getPrivate());
    var expected = installed == CryptoProvider.CORRETTO ? "AmazonCorrettoCryptoProvider" : "SunEC";
    assertThat(signature.getProvider().getName()).isEqualTo(expected);
  }
}
