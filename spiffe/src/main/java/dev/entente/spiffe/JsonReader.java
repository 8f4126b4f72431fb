package dev.entente.spiffe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads one JSON text, once; see [Json] for what it refuses.
final class JsonReader {
  /// More digits than any number we know how to use.
  private static final int MAX_NUMBER_CHARS = 64;

  private final String text;
  private int position;
  private int depth;

  JsonReader(String text) {
    this.text = text;
  }

  Object read() {
    skipSpace();
    var value = value();
    skipSpace();
    if (position < text.length()) {
      throw malformed("has more after its end");
    }
    return value;
  }

  private Object value() {
    return switch (peek()) {
      case '{' -> nested(true);
      case '[' -> nested(false);
      case '"' -> string();
      case 't' -> literal("true", true);
      case 'f' -> literal("false", false);
      case 'n' -> literal("null", Optional.empty());
      default -> number();
    };
  }

  private Object nested(boolean object) {
    if (++depth > Json.MAX_DEPTH) {
      throw malformed("is nested deeper than " + Json.MAX_DEPTH);
    }
    position++;
    skipSpace();
    var value = object ? object() : array();
    depth--;
    return value;
  }

  private Map<String, Object> object() {
    var members = new LinkedHashMap<String, Object>();
    while (!closes('}', members.isEmpty())) {
      var name = string();
      skipSpace();
      expect(':');
      skipSpace();
      if (members.put(name, value()) != null) {
        throw malformed("has the member " + Quoted.of(name) + " twice");
      }
      skipSpace();
    }
    return Collections.unmodifiableMap(members);
  }

  private List<Object> array() {
    var elements = new ArrayList<Object>();
    while (!closes(']', elements.isEmpty())) {
      elements.add(value());
      skipSpace();
    }
    return Collections.unmodifiableList(elements);
  }

  /// Takes the closing bracket, or else the comma that must stand before every element but the
  /// first.
  private boolean closes(char bracket, boolean first) {
    if (peek() == bracket) {
      position++;
      return true;
    }
    if (!first) {
      expect(',');
      skipSpace();
    }
    return false;
  }

  private Object literal(String word, Object value) {
    if (!text.startsWith(word, position)) {
      throw malformed("has an unknown word");
    }
    position += word.length();
    return value;
  }

  private String string() {
    expect('"');
    var start = position;
    while (position < text.length()) {
      var c = text.charAt(position);
      if (c == '"') {
        return text.substring(start, position++);
      }
      if (c == '\\') {
        return escapedString(start);
      }
      requireNoControl(c);
      position++;
    }
    throw malformed("has a string without an end");
  }

  private String escapedString(int start) {
    var value = new StringBuilder(text.substring(start, position));
    while (position < text.length()) {
      var c = text.charAt(position++);
      if (c == '"') {
        requireWholeCharacters(value);
        return value.toString();
      }
      requireNoControl(c);
      value.append(c == '\\' ? escape() : c);
    }
    throw malformed("has a string without an end");
  }

  private char escape() {
    var c = peek();
    position++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw malformed("has an unknown escape");
    };
  }

  private char unicode() {
    var value = 0;
    for (var i = 0; i < 4; i++) {
      var digit = Character.digit(peek(), 16);
      if (digit < 0 || peek() > 'f') {
        throw malformed("has an unknown escape");
      }
      value = value << 4 | digit;
      position++;
    }
    return (char) value;
  }

  private void requireNoControl(char c) {
    if (c < ' ') {
      throw malformed("has a control character in a string");
    }
  }

  private void requireWholeCharacters(CharSequence value) {
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < value.length()
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw malformed("has half a surrogate pair");
      }
    }
  }

  private Object number() {
    var start = position;
    skip('-');
    if (!skip('0')) {
      digits();
    }
    var whole = position;
    if (skip('.')) {
      digits();
    }
    if (skip('e') || skip('E')) {
      if (!skip('+')) {
        skip('-');
      }
      digits();
    }
    if (position - start > MAX_NUMBER_CHARS) {
      throw malformed("has a number of more than " + MAX_NUMBER_CHARS + " characters");
    }
    return toNumber(text.substring(start, position), whole == position);
  }

  private Object toNumber(String digits, boolean whole) {
    if (whole) {
      try {
        return Long.valueOf(digits);
      } catch (NumberFormatException e) {
        return Double.valueOf(digits);
      }
    }
    var value = Double.valueOf(digits);
    if (value.isInfinite()) {
      throw malformed("has a number that is too large");
    }
    return value;
  }

  private void digits() {
    var start = position;
    while (position < text.length()
        && text.charAt(position) >= '0'
        && text.charAt(position) <= '9') {
      position++;
    }
    if (position == start) {
      throw malformed("has something that is no value");
    }
  }

  private boolean skip(char c) {
    if (position < text.length() && text.charAt(position) == c) {
      position++;
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (peek() != c) {
      throw malformed("has no '" + c + "' where one belongs");
    }
    position++;
  }

  private char peek() {
    if (position >= text.length()) {
      throw malformed("ends early");
    }
    return text.charAt(position);
  }

  private void skipSpace() {
    while (position < text.length() && " \t\n\r".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
  }

  private MalformedException malformed(String what) {
    return new MalformedException("JSON " + what + " at character " + position);
  }
}
