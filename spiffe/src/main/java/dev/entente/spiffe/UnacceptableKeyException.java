package dev.entente.spiffe;

/// A key that can be read is of a kind, on a curve or of a size that is not
/// [KeyAlgorithm#isAcceptable]. A caller of a `read` method sees it as the
/// [IllegalArgumentException] it is.
final class UnacceptableKeyException extends IllegalArgumentException {
  UnacceptableKeyException(String message) {
    super(message);
  }
}
