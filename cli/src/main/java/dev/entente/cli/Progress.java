package dev.entente.cli;

/// Says how far a long work is, now and then.
final class Progress {
  /// After so many items there is a word.
  private static final int EVERY = 2_000;

  private final Output output;
  private final String nouns;
  private int done;
  private int next = EVERY;

  /// @param nouns what is dealt with, such as `entries`
  Progress(Output output, String nouns) {
    this.output = output;
    this.nouns = nouns;
  }

  /// @param more items that were dealt with since the last time
  void add(int more, int total) {
    done += more;
    if (done >= next) {
      output.note(done + " of " + Math.max(done, total) + " " + nouns);
      next = done - done % EVERY + EVERY;
    }
  }
}
