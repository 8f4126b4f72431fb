package dev.entente.cli;

/// Says how far a long work with entries is, now and then.
final class Progress {
  /// After so many entries there is a word.
  private static final int EVERY = 2_000;

  private final Output output;
  private int done;
  private int next = EVERY;

  Progress(Output output) {
    this.output = output;
  }

  /// @param more entries that were dealt with since the last time
  void add(int more, int total) {
    done += more;
    if (done >= next) {
      output.note(done + " of " + Math.max(done, total) + " entries");
      next = done - done % EVERY + EVERY;
    }
  }
}
