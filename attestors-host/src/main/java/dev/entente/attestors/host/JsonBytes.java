package dev.entente.attestors.host;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Bytes in JSON as Go writes them: standard base64 with padding, in its only form.
final class JsonBytes {
  private JsonBytes() {}

  static byte[] write(Map<String, Object> members) {
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /// @throws IllegalArgumentException if the member is not there, or not base64
  static byte[] bytes(Map<?, ?> members, String name) {
    return bytes(members.get(name), name);
  }

  /// @throws IllegalArgumentException if the member is not there, is no list, or has an element
  ///   that is not base64
  static List<byte[]> list(Map<?, ?> members, String name) {
    if (members.get(name) instanceof List<?> list) {
      return list.stream().map(each -> bytes(each, name)).toList();
    }
    throw new IllegalArgumentException("\"" + name + "\" is no list");
  }

  private static byte[] bytes(@Nullable Object value, String name) {
    if (value instanceof String text) {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (base64(bytes).equals(text)) {
        return bytes;
      }
    }
    throw new IllegalArgumentException("\"" + name + "\" is not base64");
  }
}
