package dev.entente.spiffe;

/// Carries a refusal up to the entry point, which makes a value of it.
public final class JwtRefusedException extends IllegalArgumentException {
  private final JwtVerdict.Reason reason;

  JwtRefusedException(JwtVerdict.Reason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  /// The rule that was broken.
  public JwtVerdict.Reason reason() {
    return reason;
  }
}
