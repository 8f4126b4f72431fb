package dev.entente.spiffe;

/// Bytes are not in the one form we read. Inside this room it becomes a refusal; a caller of a
/// `parse` method sees it as the [IllegalArgumentException] it is.
final class MalformedException extends IllegalArgumentException {
  MalformedException(String message) {
    super(message);
  }

  MalformedException(String message, Throwable cause) {
    super(message, cause);
  }
}
