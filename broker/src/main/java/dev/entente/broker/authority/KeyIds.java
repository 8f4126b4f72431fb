package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Slot;
import java.util.regex.Pattern;

/// The names of keys: file names on every system, and SPIRE's own for the authorities.
final class KeyIds {
  private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  private KeyIds() {}

  static String require(String keyId) {
    if (!SHAPE.matcher(keyId).matches()) {
      throw new IllegalArgumentException(
          "key id is not 1 to 64 of A-Z a-z 0-9 . _ - or starts with a dot");
    }
    return keyId;
  }

  static String x509(Slot slot) {
    return "x509-CA-" + slot;
  }

  static String es256(Slot slot) {
    return "JWT-Signer-" + slot;
  }

  static String wit(Slot slot) {
    return "WIT-Signer-" + slot;
  }

  static String rs256(Slot slot) {
    return "JWT-Signer-RS256-" + slot;
  }
}
