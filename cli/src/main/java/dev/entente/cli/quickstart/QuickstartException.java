package dev.entente.cli.quickstart;

import java.util.Optional;

/// A step that did not show what it should.
final class QuickstartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Optional<Child> child;

  QuickstartException(String message) {
    super(message);
    this.child = Optional.empty();
  }

  QuickstartException(String message, Throwable cause) {
    super(message, cause);
    this.child = Optional.empty();
  }

  /// @param child whose log tells more
  QuickstartException(String message, Child child) {
    super(message);
    this.child = Optional.of(child);
  }

  Optional<Child> child() {
    return child;
  }
}
