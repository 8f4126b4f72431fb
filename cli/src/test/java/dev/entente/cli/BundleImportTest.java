package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class BundleImportTest {
  @Test
  void leavesOutKeysThatNothingHereVerifiesWithAndSaysSo() throws Exception {
    var bundle =
        Bundle.newBuilder()
            .setTrustDomain("partner.example")
            .setSequenceNumber(3)
            .addJwtAuthorities(key("good", "EC"))
            .addJwtAuthorities(key("other", "Ed25519"))
            .build();
    var remarks = new ArrayList<String>();

    var usable = BundleImport.usable(bundle, remarks::add);

    assertThat(usable).isEqualTo(bundle.toBuilder().removeJwtAuthorities(1).build());
    assertThat(remarks)
        .singleElement()
        .asString()
        .contains("JWT key other of partner.example was left out");
  }

  @Test
  void leavesAKeyThatCannotBeReadToTheBroker() {
    var bundle =
        Bundle.newBuilder()
            .addJwtAuthorities(
                JWTKey.newBuilder().setKeyId("x").setPublicKey(ByteString.copyFromUtf8("none")))
            .build();
    var remarks = new ArrayList<String>();

    assertThat(BundleImport.usable(bundle, remarks::add)).isEqualTo(bundle);
    assertThat(remarks).isEmpty();
  }

  private static JWTKey key(String id, String algorithm) throws GeneralSecurityException {
    var key = KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPublic();
    return JWTKey.newBuilder()
        .setKeyId(id)
        .setPublicKey(ByteString.copyFrom(key.getEncoded()))
        .build();
  }
}
