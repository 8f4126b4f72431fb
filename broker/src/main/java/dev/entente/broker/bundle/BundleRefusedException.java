package dev.entente.broker.bundle;

/// A change of our own bundle breaks a rule; carries the refusal out of an edit to
/// [OwnBundle#change], which makes a value of it.
public final class BundleRefusedException extends RuntimeException {
  private final String detail;

  BundleRefusedException(String detail) {
    super(detail, null, false, false);
    this.detail = detail;
  }

  /// What was not done and why.
  public String detail() {
    return detail;
  }
}
