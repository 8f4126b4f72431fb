package dev.entente.runtime;

import java.io.IOException;

/// Lets a daemon end with the process that started it, however that one ends.
///
/// A parent that asks for it (property [#PROPERTY]) keeps the other end of the daemon's standard
/// input open and writes nothing. The kernel closes that end with the parent, also when it was
/// killed, and the daemon then ends as after SIGTERM.
public final class ParentWatch {
  /// `true` if the end of standard input is the order to stop. Nobody sets it for a daemon whose
  /// supervisor gives it `/dev/null`.
  public static final String PROPERTY = "entente.stop-with-parent";

  private ParentWatch() {}

  /// Begins to watch if the property asks for it. The stop is [System#exit(int)], which waits for
  /// what [Signals#onTerminate(Runnable)] has to do.
  public static void start() {
    if (Boolean.getBoolean(PROPERTY)) {
      Thread.ofPlatform().name("parent-watch").daemon().start(ParentWatch::untilTheEnd);
    }
  }

  @SuppressWarnings("SystemExitOutsideMain") // the order to stop, like a signal
  private static void untilTheEnd() {
    try {
      while (System.in.read() >= 0) {
        // A parent has nothing to say; whatever it is, the pipe is open.
      }
    } catch (IOException _) {
      // The pipe cannot be read any more: nobody holds its other end.
    }
    System.exit(0);
  }
}
