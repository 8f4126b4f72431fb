package dev.entente.broker.authority;

/// A key could not be made, kept, read or used. The message names the key and never its bytes.
public final class KeyManagerException extends RuntimeException {
  /// Says what was not done and why.
  public KeyManagerException(String message) {
    super(message);
  }

  /// Says what was not done and why, with the cause for the log.
  public KeyManagerException(String message, Throwable cause) {
    super(message, cause);
  }
}
