package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.FakeStore;
import dev.entente.broker.authority.MemorySettings;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.bundle.PublishedKeys;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JwtPublishingTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final SpiffeId BELOW = SpiffeId.parse("spiffe://example.org/below");

  private final OwnBundle bundle = new OwnBundle(DOMAIN, new FakeStore(), Duration.ofMinutes(5));
  private final List<String> above = new ArrayList<>();
  private final JwtPublishing publishing =
      new JwtPublishing(
          bundle,
          new PublishedKeys(new MemorySettings()),
          Set::of,
          key -> {
            above.add(key.keyId());
            return Future.succeededFuture();
          });

  @Test
  void publishesAboveFirst() {
    assertThat(publish(key("theirs")).succeeded()).isTrue();

    assertThat(above).containsExactly("theirs");
    assertThat(bundle.current().jwtAuthority("theirs")).isPresent();
  }

  @Test
  void publishesNothingAboveThatIsRefusedHere() {
    publish(key("taken"));

    assertThat(publish(key("taken")).cause()).hasMessageContaining("belongs to another key");
    for (var i = 0; i <= PublishedKeys.PER_PUBLISHER_MAX; i++) {
      assertThat(publish(key(i + "-".repeat(300))).cause()).hasMessageContaining("characters");
    }

    assertThat(above).containsExactly("taken");
  }

  private Future<SpiffeBundle> publish(JwtAuthority key) {
    return publishing.publish(
        BELOW,
        key,
        () ->
            bundle
                .change(ours -> BundleEdits.appendForeign(ours, List.of(), List.of(key), Set.of()))
                .compose(JwtPublishing::bundleOf));
  }

  private static JwtAuthority key(String keyId) {
    return JwtAuthority.of(keyId, KeyAlgorithm.EC_P256.generate().getPublic());
  }
}
