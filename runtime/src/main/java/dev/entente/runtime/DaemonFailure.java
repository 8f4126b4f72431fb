package dev.entente.runtime;

import java.util.Optional;

/// Why a daemon did not start or cannot go on, in the form a person reads: `error[CODE]: …`, then
/// the cure where one is known.
///
/// @param code stable, to be looked up in the documentation
/// @param message what was not done, and why
/// @param cure what the reader can do, in a sentence
/// @param exitCode what the process tells its supervisor
public record DaemonFailure(String code, String message, Optional<String> cure, int exitCode) {
  /// The daemon did not start or cannot go on; starting it again may help.
  public static final int EXIT_FAILED = 1;

  /// The command line or the configuration is wrong; starting it again does not help.
  public static final int EXIT_USAGE = 2;

  /// A failure after which the daemon may be started again.
  public DaemonFailure(String code, String message, Optional<String> cure) {
    this(code, message, cure, EXIT_FAILED);
  }

  /// The configuration of `daemon` (`broker`, `agent`) cannot be used.
  public static DaemonFailure of(String daemon, ConfigException refused) {
    return new DaemonFailure(
        "CONFIG_INVALID",
        daemon + " did not start, its configuration cannot be used\n" + refused.getMessage(),
        Optional.of("every key is explained in conf/" + daemon + ".yaml of the distribution"),
        EXIT_USAGE);
  }

  @Override
  public String toString() {
    var first = "error[" + code + "]: " + message;
    return cure.map(fix -> first + "\nfix: " + fix).orElse(first);
  }
}
