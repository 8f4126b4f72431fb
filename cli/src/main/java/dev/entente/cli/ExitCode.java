package dev.entente.cli;

/// What a command tells the shell.
enum ExitCode {
  /// Done.
  OK(0),
  /// Not done, and no better word below.
  FAILED(1),
  /// The command line or a configuration is wrong.
  USAGE(2),
  /// What was named does not exist.
  NOT_FOUND(3),
  /// We do not know who the caller is.
  AUTHENTICATION(4),
  /// We know, and the caller may not.
  DENIED(5),
  /// It exists already, or changed meanwhile.
  CONFLICT(6),
  /// Nobody answered, or not in time.
  UNREACHABLE(7);

  private final int value;

  ExitCode(int value) {
    this.value = value;
  }

  int value() {
    return value;
  }
}
