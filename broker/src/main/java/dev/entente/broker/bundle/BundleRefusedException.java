package dev.entente.broker.bundle;

/// A change of our own bundle breaks a rule; carries the refusal out of an edit to
/// [OwnBundle#change], which makes a value of it.
public final class BundleRefusedException extends RuntimeException {
  private final String detail;
  private final boolean full;

  private BundleRefusedException(String detail, boolean full) {
    super(detail, null, false, false);
    this.detail = detail;
    this.full = full;
  }

  /// The change itself is wrong.
  BundleRefusedException(String detail) {
    this(detail, false);
  }

  /// The change would pass a limit.
  static BundleRefusedException full(String detail) {
    return new BundleRefusedException(detail, true);
  }

  /// What was not done and why.
  public String detail() {
    return detail;
  }

  BundleOutcome outcome() {
    return full ? new BundleOutcome.Full(detail) : new BundleOutcome.Refused(detail);
  }
}
