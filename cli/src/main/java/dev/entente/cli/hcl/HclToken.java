package dev.entente.cli.hcl;

/// A word of an HCL file.
///
/// @param text the identifier, number, truth or sign as written; of a string, its value
record HclToken(Kind kind, int line, String text) {
  enum Kind {
    /// A bare word, `true` and `false` among them.
    IDENTIFIER,
    NUMBER,
    /// In quotes, or a heredoc.
    STRING,
    /// One of `{ } [ ] = ,`.
    SIGN,
    END
  }

  boolean is(char sign) {
    return kind == Kind.SIGN && text.charAt(0) == sign;
  }

  /// As a message names it.
  String shown() {
    return kind == Kind.END ? "the end of the file" : "\"" + text + "\"";
  }
}
