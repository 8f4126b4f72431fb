package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.WITKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.security.PublicKey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BundleCodecTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final PublicKey KEY = KeyAlgorithm.EC_P256.generate().getPublic();
  private static final WITKey GOOD =
      WITKey.newBuilder().setKeyId("wit-1").setPublicKey(encoded(KEY)).setTainted(true).build();

  private final TestPki pki = new TestPki(DOMAIN, ManualClock.atPresent());

  @Test
  void readsEveryKindOfAuthority() {
    var read = BundleCodec.read(bundle().addWitAuthorities(GOOD).build());

    assertThat(read)
        .isEqualTo(
            new SpiffeBundle(
                DOMAIN,
                pki.bundle(7).x509Authorities(),
                List.of(JwtAuthority.of("jwt-1", KEY)),
                List.of(JwtAuthority.of("wit-1", KEY).withTainted(true)),
                Optional.empty(),
                OptionalLong.of(7)));
  }

  /// As documents of bundles do: their profile must not cost a trust domain its other SVIDs.
  @ParameterizedTest
  @EnumSource
  void passesOverAWitKeyThatIsWrongAndKeepsTheRest(BadWit bad) {
    var read =
        BundleCodec.read(bundle().addWitAuthorities(GOOD).addWitAuthorities(bad.key()).build());

    assertThat(read.witAuthorities()).extracting(JwtAuthority::keyId).containsExactly("wit-1");
    assertThat(read.jwtAuthorities()).extracting(JwtAuthority::keyId).containsExactly("jwt-1");
    assertThat(read.x509Authorities()).hasSize(1);
  }

  @Test
  void refusesAJwtKeyWithoutId() {
    assertThatThrownBy(() ->
            BundleCodec.read(
                bundle().addJwtAuthorities(JWTKey.newBuilder().setPublicKey(encoded(KEY))).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bundle of example.org has a JWT key without id");
  }

  private Bundle.Builder bundle() {
    return Bundle.newBuilder()
        .setTrustDomain("example.org")
        .setSequenceNumber(7)
        .addX509Authorities(
            X509Certificate.newBuilder()
                .setAsn1(ByteString.copyFrom(Certificates.der(pki.authority()))))
        .addJwtAuthorities(JWTKey.newBuilder().setKeyId("jwt-1").setPublicKey(encoded(KEY)));
  }

  private static ByteString encoded(PublicKey key) {
    return ByteString.copyFrom(key.getEncoded());
  }

  enum BadWit {
    WITHOUT_AN_ID(GOOD.toBuilder().setKeyId("")),
    WITH_THE_ID_OF_A_JWT_KEY(GOOD.toBuilder().setKeyId("jwt-1")),
    WITH_THE_ID_OF_ANOTHER(GOOD.toBuilder()),
    WITHOUT_A_KEY(WITKey.newBuilder().setKeyId("wit-2")),
    OF_NO_KIND_WE_KNOW(
        GOOD.toBuilder().setKeyId("wit-2").setPublicKey(ByteString.copyFromUtf8("x"))),
    THAT_ENDS_BEYOND_ALL_TIME(GOOD.toBuilder().setKeyId("wit-2").setExpiresAt(Long.MAX_VALUE));

    private final WITKey key;

    BadWit(WITKey.Builder key) {
      this.key = key.build();
    }

    WITKey key() {
      return key;
    }
  }
}
