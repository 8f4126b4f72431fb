package dev.entente.broker.bundle;

import static dev.entente.broker.store.StoreHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.store.StoreHarness;
import dev.entente.spiffe.SpiffeId;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishedKeysTest {
  private static final SpiffeId ONE = SpiffeId.parse("spiffe://example.org/below/one");
  private static final SpiffeId OTHER = SpiffeId.parse("spiffe://example.org/below/other");

  /// What the bundle has.
  private final Set<String> bundle = new HashSet<>();

  @TempDir private Path temporary;
  private StoreHarness harness;
  private PublishedKeys keys;

  @BeforeEach
  void open() {
    harness = new StoreHarness(temporary.resolve("data"));
    keys = new PublishedKeys(harness.store().settings());
  }

  @AfterEach
  void close() {
    harness.close();
  }

  /// Publishes as the Bundle service does.
  private boolean publish(SpiffeId publisher, String keyId) {
    if (!get(keys.reserve(publisher, keyId, bundle::contains))) {
      return false;
    }
    bundle.add(keyId);
    keys.settled(keyId);
    return true;
  }

  private void publishAll(SpiffeId publisher) {
    for (var i = 0; i < PublishedKeys.PER_PUBLISHER_MAX; i++) {
      assertThat(publish(publisher, publisher.path() + ",\n" + i)).isTrue();
    }
  }

  @Test
  void takesSoManyKeysOfOnePublisherAndThenThoseOfOthersStill() {
    publishAll(ONE);

    assertThat(publish(ONE, "one more")).isFalse();
    assertThat(publish(OTHER, "another")).isTrue();
  }

  @Test
  void takesAKeyAgainThatIsThere() {
    publishAll(ONE);

    assertThat(publish(ONE, bundle.iterator().next())).isTrue();
  }

  @Test
  void countsKeysForAsLongAsTheBundleHasThem() {
    publishAll(ONE);
    bundle.remove(bundle.iterator().next());

    assertThat(publish(ONE, "one more")).isTrue();
    assertThat(publish(ONE, "one too many")).isFalse();
  }

  @Test
  void countsKeysThatAreOnTheirWay() {
    for (var i = 0; i < PublishedKeys.PER_PUBLISHER_MAX; i++) {
      assertThat(get(keys.reserve(ONE, "k" + i, bundle::contains))).isTrue();
    }
    assertThat(get(keys.reserve(ONE, "one more", bundle::contains))).isFalse();

    keys.settled("k0");

    assertThat(get(keys.reserve(ONE, "one more", bundle::contains))).as("k0 was refused").isTrue();
  }

  @Test
  void remembersOverARestart() {
    publishAll(ONE);

    keys = new PublishedKeys(harness.reopen().settings());

    assertThat(publish(ONE, "one more")).isFalse();
  }
}
