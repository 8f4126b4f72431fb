package dev.entente.cli;

/// A command that could not do its work, in the form a person reads: what was not done, why, and
/// what to do about it.
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final String cause;
  private final String fix;

  /// @param message what was not done
  /// @param cause why; empty if the message says it
  /// @param fix what the reader can do; empty if nothing general helps
  Failure(ExitCode exitCode, String message, String cause, String fix) {
    super(message);
    this.exitCode = exitCode;
    this.cause = cause;
    this.fix = fix;
  }

  static Failure usage(String message, String fix) {
    return new Failure(ExitCode.USAGE, message, "", fix);
  }

  static Failure failed(String message, String cause) {
    return new Failure(ExitCode.FAILED, message, cause, "");
  }

  static Failure notFound(String message, String fix) {
    return new Failure(ExitCode.NOT_FOUND, message, "", fix);
  }

  /// The same, with what the reader can do.
  Failure withFix(String better) {
    return new Failure(exitCode, String.valueOf(getMessage()), cause, better);
  }

  ExitCode exitCode() {
    return exitCode;
  }

  String cause() {
    return cause;
  }

  String fix() {
    return fix;
  }
}
