package dev.entente.spiffe;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Reads published test vectors, which are not part of this project: the system property
/// `entente.vectors` names the folder that holds `wycheproof/` (C2SP/wycheproof, `testvectors_v1`)
/// and `x509-limbo/limbo.json`. Tests that need them are skipped where it is not set.
final class Vectors {
  private static final String PROPERTY = "entente.vectors";

  private Vectors() {}

  static Map<String, Object> read(String name) {
    var folder = System.getProperty(PROPERTY);
    assumeTrue(folder != null, "-D" + PROPERTY + " names no folder of test vectors");
    try {
      return Json.parseObject(Files.readAllBytes(Path.of(folder, name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked") // a list of objects in every file we read
  static List<Map<String, Object>> objects(Map<String, Object> object, String name) {
    return (List<Map<String, Object>>) Objects.requireNonNull(object.get(name), name);
  }

  @SuppressWarnings("unchecked") // a list of texts in every file we read
  static List<String> texts(Map<String, Object> object, String name) {
    return (List<String>) Objects.requireNonNull(object.get(name), name);
  }

  static String text(Map<String, Object> object, String name) {
    return (String) Objects.requireNonNull(object.get(name), name);
  }
}
