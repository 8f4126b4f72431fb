package dev.entente.systemtests.disk;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/// The text of one finished system call as `strace -y` prints it: `name(argument, …) = result`.
///
/// @param result the number returned; negative if the call failed
record CallText(String name, List<String> arguments, long result, String resultNote) {
  /// What `strace` prints for a process that ended inside the call.
  private static final String UNKNOWN = "?";

  /// What it rarely prints instead: the process was gone when it looked, and it took the call's
  /// number for an error, which then has no name. The call may have had its effect.
  private static final String NAMELESS = "-1 (errno ";

  /// Whether the text is one that a killed process left without a result, or without its end.
  static boolean isUnfinished(String text) {
    var equals = beforeResult(text);
    if (equals < 0 || !text.substring(0, equals).stripTrailing().endsWith(")")) {
      return true;
    }
    var result = text.substring(equals + 3).strip();
    return result.startsWith(UNKNOWN) || result.startsWith(NAMELESS);
  }

  /// Where the text of a call is told from its result, -1 if nowhere. What is written may look like
  /// the end of a call, as SQL does.
  private static int beforeResult(String text) {
    var last = text.lastIndexOf(" = ");
    return last > text.lastIndexOf('"') ? last : -1;
  }

  static CallText parse(String text) {
    var equals = beforeResult(text);
    var open = text.indexOf('(');
    var inside = text.substring(0, equals).stripTrailing();
    if (open < 0 || !inside.endsWith(")")) {
      throw new IllegalStateException("not a system call: " + text);
    }
    var result = text.substring(equals + 3).strip();
    var end = 0;
    while (end < result.length() && "-0123456789".indexOf(result.charAt(end)) >= 0) {
      end++;
    }
    return new CallText(
        text.substring(0, open),
        split(inside.substring(open + 1, inside.length() - 1)),
        Long.parseLong(result.substring(0, end)),
        result.substring(end).strip());
  }

  boolean failed() {
    return result < 0;
  }

  String argument(int index) {
    return arguments.get(index);
  }

  /// The arguments, split at commas outside quotes and brackets.
  private static List<String> split(String text) {
    var found = new ArrayList<String>();
    var depth = 0;
    var quoted = false;
    var from = 0;
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (quoted) {
        quoted = c != '"';
        i += c == '\\' ? 1 : 0;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '[' || c == '{' || c == '<') {
        depth++;
      } else if (c == ']' || c == '}' || c == '>') {
        depth--;
      } else if (c == ',' && depth == 0) {
        found.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    found.add(text.substring(from).strip());
    return found;
  }

  /// The bytes of a quoted argument, or of every quoted piece of a list, one after the other.
  ///
  /// @throws IllegalStateException if `strace` did not print all of them
  static byte[] bytes(String argument) {
    if (argument.endsWith("\"...") || argument.contains("\"..., iov_len")) {
      throw new IllegalStateException("a written text is cut off in the trace");
    }
    if (argument.startsWith("0x") || argument.contains("iov_base=0x")) {
      throw new IllegalStateException("a written text could not be read by strace: " + argument);
    }
    var bytes = new ByteArrayOutputStream(argument.length());
    var quoted = false;
    for (var i = 0; i < argument.length(); i++) {
      var c = argument.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\') {
        i = escaped(argument, i + 1, bytes);
      } else if (quoted) {
        bytes.write(c);
      }
    }
    return bytes.toByteArray();
  }

  /// Reads what stands after a backslash, and returns where it ended.
  private static int escaped(String text, int at, ByteArrayOutputStream bytes) {
    var c = text.charAt(at);
    if (c < '0' || c > '7') {
      bytes.write(
          switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0b;
            case '"', '\\' -> c;
            default -> throw new IllegalStateException("unknown escape \\" + c);
          });
      return at;
    }
    var value = 0;
    var end = at;
    while (end < at + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
      value = value * 8 + text.charAt(end) - '0';
      end++;
    }
    bytes.write(value);
    return end - 1;
  }
}
