package dev.entente.federation;

/// A bundle was not fetched. What is held stays in use.
public final class BundleFetchException extends Exception {
  private final String code;

  BundleFetchException(String code, String message) {
    super(message);
    this.code = code;
  }

  BundleFetchException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /// Stable name of what went wrong, such as `federation/status` or `federation/timeout`.
  public String code() {
    return code;
  }
}
