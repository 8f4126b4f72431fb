package dev.entente.spiffe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// Reads the published vectors beside these tests; `vectors/README.md` says where they come from.
final class Vectors {
  private Vectors() {}

  static Map<String, Object> read(String name) {
    try (var file =
        Objects.requireNonNull(Vectors.class.getResourceAsStream("/vectors/" + name + ".gz"))) {
      return Json.parseObject(new GZIPInputStream(file).readAllBytes());
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
