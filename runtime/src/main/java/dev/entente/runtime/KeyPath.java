package dev.entente.runtime;

/// How a key is written in messages: `svid.x509-ttl`, `listeners[0].kind`,
/// `federates-with["partner.example"].url`.
final class KeyPath {
  private KeyPath() {}

  static String child(String parent, String key) {
    if (!isWord(key)) {
      return parent + "[\"" + key.replace("\n", "\\n") + "\"]";
    }
    return parent.isEmpty() ? key : parent + "." + key;
  }

  static String item(String parent, int index) {
    return parent + "[" + index + "]";
  }

  private static boolean isWord(String key) {
    return !key.isEmpty()
        && key.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '-' || c == '_');
  }
}
