package dev.entente.cli.hcl;

import dev.entente.cli.hcl.HclToken.Kind;
import java.util.regex.Pattern;

/// Cuts an HCL file into words; comments are left out.
final class HclScanner {
  private static final char END = '\0';
  private static final String SIGNS = "{}[]=,";
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)");
  private static final Pattern HEREDOC = Pattern.compile("<<(-?)([A-Za-z0-9_]+)\\r?\\n");

  private final String source;
  private int at;
  private int line = 1;

  HclScanner(String source) {
    this.source = source;
  }

  /// The next word; at the end of the file [Kind#END], again and again.
  HclToken next() {
    skip();
    if (at == source.length()) {
      return new HclToken(Kind.END, line, "");
    }
    var c = source.charAt(at);
    if (SIGNS.indexOf(c) >= 0) {
      at++;
      return new HclToken(Kind.SIGN, line, String.valueOf(c));
    }
    if (c == '"') {
      return string();
    }
    if (c == '<') {
      return heredoc();
    }
    return Character.isLetter(c) || c == '_' ? identifier() : number();
  }

  private char peek(int ahead) {
    return at + ahead < source.length() ? source.charAt(at + ahead) : END;
  }

  private void advance(int count) {
    for (var i = 0; i < count; i++) {
      if (source.charAt(at++) == '\n') {
        line++;
      }
    }
  }

  private void skip() {
    while (at < source.length()) {
      var c = source.charAt(at);
      if (Character.isWhitespace(c) || c == '\uFEFF') {
        advance(1);
      } else if (c == '#' || (c == '/' && peek(1) == '/')) {
        var end = source.indexOf('\n', at);
        at = end < 0 ? source.length() : end;
      } else if (c == '/' && peek(1) == '*') {
        skipBlockComment();
      } else {
        return;
      }
    }
  }

  private void skipBlockComment() {
    var end = source.indexOf("*/", at + 2);
    if (end < 0) {
      throw new HclException(line, "a comment /* has no end");
    }
    advance(end + 2 - at);
  }

  private HclToken identifier() {
    var start = at;
    while (at < source.length() && isIdentifierPart(source.charAt(at))) {
      at++;
    }
    return new HclToken(Kind.IDENTIFIER, line, source.substring(start, at));
  }

  private static boolean isIdentifierPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
  }

  private HclToken number() {
    var match = NUMBER.matcher(source).region(at, source.length());
    if (!match.lookingAt() || isIdentifierPart(peek(match.end() - at))) {
      throw new HclException(line, "unexpected character '" + source.charAt(at) + "'");
    }
    at = match.end();
    return new HclToken(Kind.NUMBER, line, match.group());
  }

  /// A heredoc keeps its lines as they are; with `<<-` the indentation of its end mark is taken off
  /// each, if all have it.
  private HclToken heredoc() {
    var match = HEREDOC.matcher(source).region(at, source.length());
    if (!match.lookingAt()) {
      throw new HclException(line, "unexpected character '<'");
    }
    var began = line;
    var mark = match.group(2);
    advance(match.end() - at);
    var text = new StringBuilder();
    while (at < source.length()) {
      var end = source.indexOf('\n', at);
      var stop = end < 0 ? source.length() : end;
      var current = source.substring(at, stop);
      advance((end < 0 ? stop : stop + 1) - at);
      if (current.strip().equals(mark)) {
        var indented = !match.group(1).isEmpty();
        var value = indented ? unindent(text.toString(), current) : text.toString();
        return new HclToken(Kind.STRING, began, value);
      }
      text.append(current).append('\n');
    }
    throw new HclException(began, "the heredoc " + mark + " has no end");
  }

  private static String unindent(String text, String endLine) {
    var indent = endLine.substring(0, endLine.length() - endLine.stripLeading().length());
    var all = text.lines().allMatch(current -> current.startsWith(indent));
    return all
        ? text.lines()
            .map(current -> current.substring(indent.length()) + "\n")
            .reduce("", String::concat)
        : text;
  }

  private HclToken string() {
    var began = line;
    at++;
    var text = new StringBuilder();
    var braces = 0;
    while (true) {
      var c = peek(0);
      if (at >= source.length() || (c == '\n' && braces == 0)) {
        throw new HclException(began, "a text in quotes has no end");
      }
      if (c == '"' && braces == 0) {
        at++;
        return new HclToken(Kind.STRING, began, text.toString());
      }
      if (c == '\\' && braces == 0) {
        escape(text);
        continue;
      }
      braces += braceStep(c, braces);
      text.append(c);
      advance(1);
    }
  }

  /// Inside `${…}` quotes do not end a text; HCL 1 hands such a part on as it stands.
  private int braceStep(char c, int braces) {
    if (c == '{' && (braces > 0 || (at > 0 && source.charAt(at - 1) == '$'))) {
      return 1;
    }
    return c == '}' && braces > 0 ? -1 : 0;
  }

  private void escape(StringBuilder text) {
    var c = peek(1);
    switch (c) {
      case 'a' -> text.append('\u0007');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'v' -> text.append('\u000b');
      case '"', '\\' -> text.append(c);
      case 'x' -> at += character(text, 2);
      case 'u' -> at += character(text, 4);
      case 'U' -> at += character(text, 8);
      default -> throw new HclException(line, "unknown escape \\" + c + " in a text");
    }
    at += 2;
  }

  private int character(StringBuilder text, int digits) {
    var end = at + 2 + digits;
    if (end > source.length() || !source.substring(at + 2, end).matches("[0-9a-fA-F]+")) {
      throw new HclException(line, "an escape in a text needs " + digits + " hex digits");
    }
    var code = Long.parseLong(source, at + 2, end, 16);
    if (code > Character.MAX_CODE_POINT || (code >= 0xD800 && code <= 0xDFFF)) {
      throw new HclException(line, "an escape in a text names no character");
    }
    text.appendCodePoint((int) code);
    return digits;
  }
}
