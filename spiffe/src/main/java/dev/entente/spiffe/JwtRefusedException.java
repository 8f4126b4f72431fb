package dev.entente.spiffe;

/// Carries a refusal up to the entry point, which makes a value of it.
final class JwtRefusedException extends IllegalArgumentException {
  private final JwtVerdict.Reason reason;

  JwtRefusedException(JwtVerdict.Reason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  JwtVerdict.Reason reason() {
    return reason;
  }
}
