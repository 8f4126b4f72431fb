package dev.entente.broker.api.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import java.security.PublicKey;
import org.junit.jupiter.api.Test;

class BundleMessagesTest {
  private static final PublicKey KEY = KeyAlgorithm.EC_P256.generate().getPublic();

  /// Else whoever may publish keys on a SPIRE server could keep us from reading what it tainted.
  @Test
  void readsTheFirstOfTwoPublishedKeysWithOneId() {
    var other = KeyAlgorithm.EC_P256.generate().getPublic();

    var bundle =
        BundleMessages.readPublished(
            Bundle.newBuilder()
                .setTrustDomain("example.org")
                .addJwtAuthorities(key(KEY, false))
                .addJwtAuthorities(key(other, true))
                .build());

    assertThat(bundle.jwtAuthorities()).hasSize(1);
    var read = bundle.jwtAuthority("id").orElseThrow();
    assertThat(read.publicKey()).isEqualTo(KEY);
    assertThat(read.tainted()).isFalse();
  }

  @Test
  void seesATaintOnTheSecondOfTwoEqualKeys() {
    var bundle =
        BundleMessages.readPublished(
            Bundle.newBuilder()
                .setTrustDomain("example.org")
                .addJwtAuthorities(key(KEY, false))
                .addJwtAuthorities(key(KEY, true).toBuilder().setExpiresAt(4_000_000_000L))
                .build());

    assertThat(bundle.jwtAuthority("id").orElseThrow().tainted()).isTrue();
  }

  private static JWTKey key(PublicKey key, boolean tainted) {
    return JWTKey.newBuilder()
        .setKeyId("id")
        .setPublicKey(ByteString.copyFrom(key.getEncoded()))
        .setTainted(tainted)
        .build();
  }
}
