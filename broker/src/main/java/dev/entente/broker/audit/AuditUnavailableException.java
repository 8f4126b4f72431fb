package dev.entente.broker.audit;

/// An event could not be recorded now: the queue or the disk is full, or the log is closed. What it
/// was the intent of must not happen.
public final class AuditUnavailableException extends RuntimeException {
  AuditUnavailableException(String message) {
    super(message, null, false, false);
  }

  AuditUnavailableException(String message, Throwable cause) {
    super(message, cause, false, false);
  }
}
