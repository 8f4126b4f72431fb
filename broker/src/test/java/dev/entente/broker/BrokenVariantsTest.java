package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.BrokenVariant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A test that never failed shows nothing: for each requirement there is a variant of this room
/// that breaks it, and the test that carries its id fails on it.
final class BrokenVariantsTest {
  static List<BrokenVariant> variants() throws IOException {
    return BrokenVariant.readAll(Path.of("src", "test", "resources", "broken-variants.tsv"));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void isNoticedByTheTestThatNamesTheRequirement(BrokenVariant variant, @TempDir Path directory)
      throws IOException {
    var outcome = variant.run(directory);

    assertThat(outcome.ran()).as("tests that ran").isPositive();
    assertThat(outcome.failed()).as("tests that noticed").isPositive();
    assertThat(variant.ids())
        .allSatisfy(id -> assertThat(outcome.tags()).containsAnyOf("+" + id, "-" + id));
  }
}
