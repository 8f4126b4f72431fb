package dev.entente.broker.audit;

/// The audit log was not opened, because going on would hide that it was changed or lost.
public final class AuditRefusedException extends RuntimeException {
  AuditRefusedException(String message) {
    super(message);
  }

  AuditRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
