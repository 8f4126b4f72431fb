package dev.entente.cli.quickstart;

/// Long names, cut for a line.
final class Words {
  private static final int SHOWN = 8;

  private Words() {}

  /// The text with its last part (a serial, a token, a key id) cut to its first characters.
  static String shortened(String text) {
    var from = text.lastIndexOf('/') + 1;
    return text.length() - from <= SHOWN + 2 ? text : text.substring(0, from + SHOWN) + "…";
  }
}
