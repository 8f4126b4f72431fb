package dev.entente.cli;

import org.jspecify.annotations.Nullable;

/// A parameter that picocli has already insisted on.
final class Required {
  private Required() {}

  static <T> T value(@Nullable T parameter) {
    if (parameter == null) {
      throw new IllegalStateException("a required parameter is absent");
    }
    return parameter;
  }
}
