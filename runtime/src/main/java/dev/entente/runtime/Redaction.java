package dev.entente.runtime;

import java.util.regex.Pattern;

/// The last guard before a log: cuts out what looks like a private key or a signed token.
///
/// Code that logs must not hand over secrets in the first place; this catches the exception message
/// of a library that quotes its input.
final class Redaction {
  static final String PLACEHOLDER = "[redacted]";

  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----.*?(?:-----END|$)", Pattern.DOTALL);
  private static final Pattern TOKEN =
      Pattern.compile("eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*");

  private Redaction() {}

  static String of(String text) {
    var cleaned = text;
    if (cleaned.contains("PRIVATE KEY")) {
      cleaned = PRIVATE_KEY.matcher(cleaned).replaceAll(PLACEHOLDER);
    }
    if (cleaned.contains("eyJ")) {
      cleaned = TOKEN.matcher(cleaned).replaceAll(PLACEHOLDER);
    }
    return cleaned;
  }
}
