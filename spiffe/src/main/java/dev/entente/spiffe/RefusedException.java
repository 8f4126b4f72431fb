package dev.entente.spiffe;

/// Carries a refusal up to the entry point, which makes a value of it; callers of a `parse` method
/// see the [IllegalArgumentException] it is.
final class RefusedException extends IllegalArgumentException {
  private final X509Verdict.Reason reason;

  RefusedException(X509Verdict.Reason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  RefusedException(X509Verdict.Reason reason, String detail, Throwable cause) {
    super(detail, cause);
    this.reason = reason;
  }

  X509Verdict.Reason reason() {
    return reason;
  }
}
