package dev.entente.spiffe;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// JSON as security documents need it (RFC 8259, I-JSON's rules of RFC 7493 §2).
///
/// Values are [String], [Long] (whole numbers within 64 bits), [Double] (every other number),
/// [Boolean], `List<Object>`, `Map<String, Object>` in document order, and an empty
/// [java.util.Optional] for null.
///
/// Refused: bytes that are not UTF-8, a byte order mark, members of the same name in one object,
/// more than 16 levels, half a surrogate pair, and anything after the value. A second reader that
/// keeps the first of two members, where we would keep the last, could be told something else than
/// we are.
public final class Json {
  /// Deepest nesting, included; bundles need 4, tokens rarely more.
  public static final int MAX_DEPTH = 16;

  private Json() {}

  /// Reads one value. The caller bounds the size.
  ///
  /// @throws IllegalArgumentException if the bytes are no such JSON; the message names the place
  ///   and quotes at most a member name
  public static Object parse(byte[] utf8) {
    return new JsonReader(decode(utf8)).read();
  }

  /// Reads one object. The caller bounds the size.
  ///
  /// @throws IllegalArgumentException if the bytes are no such JSON or no object
  public static Map<String, Object> parseObject(byte[] utf8) {
    return asObject(parse(utf8), "document");
  }

  /// Writes a value without white space, members in the map's order: equal values give equal bytes.
  ///
  /// @throws IllegalArgumentException if it is of none of the kinds above
  public static String write(Object value) {
    var text = new StringBuilder();
    JsonWriter.append(text, value);
    return text.toString();
  }

  @SuppressWarnings("unchecked") // the reader makes no other maps
  static Map<String, Object> asObject(Object value, String what) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw new MalformedException("JSON " + what + " is not an object");
  }

  private static String decode(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException("JSON is not UTF-8", e);
    }
  }
}
