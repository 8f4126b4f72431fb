package dev.entente.runtime;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

class ConfigFuzzTest {
  /// Whatever the bytes, the answer is a section or a [ConfigException].
  @FuzzTest(maxDuration = "30s")
  void neverFailsUnexpectedly(byte[] input) {
    var yaml = new String(input, StandardCharsets.UTF_8);
    try {
      var root = ConfigFile.parse("fuzz", yaml, Path.of("/nonexistent"), _ -> Optional.of("v"));
      root.text("a");
      root.texts("b");
      root.section("c").ifPresent(section -> section.keys().forEach(section::text));
      root.finish();
    } catch (ConfigException _) {
      // Refused, as it may be.
    }
  }
}
