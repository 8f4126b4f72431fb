package dev.entente.cli;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Items that the broker is to make or to change, as many as a file may hold: it is asked part by
/// part, and told is what became of each.
///
/// @param <T> an item
/// @param <R> what the broker says of one
abstract class Batch<T, R> {
  private final Session session;
  private final String nouns;
  private final ToIntFunction<T> bytes;

  /// @param nouns what the items are, such as `entries`
  /// @param bytes how long an item is on the wire
  Batch(Session session, String nouns, ToIntFunction<T> bytes) {
    this.session = session;
    this.nouns = nouns;
    this.bytes = bytes;
  }

  /// Remembers what became of an item.
  abstract void add(T wanted, R result);

  /// Shows what was remembered, which may be nothing.
  abstract ExitCode show();

  /// Asks part by part. If asking fails, what is done by then is shown before.
  ///
  /// @param ask for the results of one part, in its order
  final ExitCode run(List<T> wanted, Function<List<T>, List<R>> ask) {
    var progress = new Progress(session.output(), nouns);
    var asked = false;
    try {
      for (var part : Parts.of(wanted, bytes)) {
        add(part, ask.apply(part));
        progress.add(part.size(), wanted.size());
        asked = true;
      }
    } catch (Failure broken) {
      if (asked) {
        show();
      }
      throw broken;
    }
    return show();
  }

  private void add(List<T> part, List<R> results) {
    if (results.size() != part.size()) {
      throw Failure.failed(
          "it is not known what became of all " + nouns,
          "the broker answered " + results.size() + " results to " + part.size() + " " + nouns);
    }
    for (var i = 0; i < part.size(); i++) {
      add(part.get(i), results.get(i));
    }
  }
}
