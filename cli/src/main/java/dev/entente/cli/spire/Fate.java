package dev.entente.cli.spire;

/// What becomes of a setting.
public enum Fate {
  /// It means the same here.
  CARRIED("carried"),
  /// It is written otherwise, or means something a little different.
  MAPPED("mapped"),
  /// Nothing is made of it; the note says why, and what to do.
  NOT_CARRIED("not carried"),
  /// No key of SPIRE's that we know.
  UNKNOWN("unknown");

  private final String word;

  Fate(String word) {
    this.word = word;
  }

  /// As people read it.
  public String word() {
    return word;
  }

  static Fate parse(String word) {
    for (var fate : values()) {
      if (fate.word.equals(word)) {
        return fate;
      }
    }
    throw new IllegalArgumentException("\"" + word + "\" is no fate of a setting");
  }
}
