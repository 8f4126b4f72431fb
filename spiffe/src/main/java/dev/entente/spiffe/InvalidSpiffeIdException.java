package dev.entente.spiffe;

/// Says why a text is no SPIFFE ID or no trust domain name.
public final class InvalidSpiffeIdException extends IllegalArgumentException {
  /// Makes one with the rule that was broken; the message quotes the input, shortened and escaped.
  public InvalidSpiffeIdException(String message) {
    super(message);
  }
}
