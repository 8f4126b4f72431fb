package dev.entente.broker.api;

/// Carries a [Refusal] through a failed future to the edge. It has no stack trace: a refusal is an
/// answer, not an accident.
public final class RefusedException extends RuntimeException {
  private final transient Refusal refusal;

  public RefusedException(Refusal refusal) {
    super(refusal.message(), null, false, false);
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }
}
