package dev.entente.broker.authority;

/// The upstream authority did not sign. The message says what is to be mended; it may be shown to
/// administrators.
public final class UpstreamAuthorityException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UpstreamAuthorityException(String message) {
    super(message);
  }

  UpstreamAuthorityException(String message, Throwable cause) {
    super(message, cause);
  }
}
