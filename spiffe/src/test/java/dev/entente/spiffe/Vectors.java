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
/// `entente.vectors` names the folder that holds clones of C2SP/wycheproof and C2SP/x509-limbo, or
/// the files wanted of them in folders of the same names. Tests are skipped where it is not set,
/// and where it lacks their file.
final class Vectors {
  private static final String PROPERTY = "entente.vectors";

  private Vectors() {}

  static Map<String, Object> limbo() {
    return read(folder().resolve("x509-limbo/limbo.json"));
  }

  /// The groups of one of Wycheproof's files.
  static List<Map<String, Object>> wycheproof(String set) {
    var folder = folder().resolve("wycheproof");
    var clone = folder.resolve("testvectors_v1");
    var file = (Files.isDirectory(clone) ? clone : folder).resolve(set + ".json");
    return objects(read(file), "testGroups");
  }

  private static Path folder() {
    var folder = System.getProperty(PROPERTY);
    assumeTrue(folder != null, "-D" + PROPERTY + " names no folder of test vectors");
    return Path.of(folder);
  }

  private static Map<String, Object> read(Path file) {
    assumeTrue(Files.exists(file), "the folder of test vectors has no " + file);
    try {
      return Json.parseObject(Files.readAllBytes(file));
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
