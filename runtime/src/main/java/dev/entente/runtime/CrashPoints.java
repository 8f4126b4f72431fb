package dev.entente.runtime;

/// Named places where a test can stop the process as a power cut would.
///
/// A step that must survive a crash calls [#at(String)] before and after its write. With the system
/// property `entente.crash-point` set to that name the process halts there, without shutdown hooks
/// and without flushing anything; otherwise the call compares two references and returns.
public final class CrashPoints {
  /// The system property that names the place.
  public static final String PROPERTY = "entente.crash-point";

  /// The exit code of a process that halted here: what a shell reports for SIGKILL.
  public static final int EXIT_CODE = 137;

  private static final String CHOSEN = System.getProperty(PROPERTY, "");

  private CrashPoints() {}

  /// Halts the process if `name` was chosen.
  public static void at(String name) {
    if (!CHOSEN.isEmpty() && CHOSEN.equals(name)) {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }
}
