package dev.entente.cli.hcl;

/// What was read is not HCL 1, or exceeds a bound; the message begins with the line.
public final class HclException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  HclException(int line, String message) {
    super("line " + line + ": " + message);
  }
}
