package dev.entente.runtime;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Puts secrets from the environment or from files into configuration values.
///
/// `${env:NAME}` is a variable that must be set, `${file:PATH}` a file's text without its last line
/// break, and `$${` stands for a literal `${`. What was put in is never shown in a message.
final class Expansion {
  /// A token, password or PEM; a larger file is a mistake.
  static final int FILE_MAX_BYTES = 64 * 1024;

  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\$\\{|\\$\\{(?:(env|file):([^}]*)\\})?");

  private final Function<String, Optional<String>> environment;
  private final Path directory;

  /// @param environment finds a variable by name
  /// @param directory what relative paths are relative to
  Expansion(Function<String, Optional<String>> environment, Path directory) {
    this.environment = environment;
    this.directory = directory;
  }

  /// Whether `written` refers to anything outside the file.
  static boolean isReference(String written) {
    return written.contains("${env:") || written.contains("${file:");
  }

  /// Replaces every reference; throws IllegalArgumentException if one cannot be resolved.
  String expand(String written) {
    if (!written.contains("${")) {
      return written;
    }
    return REFERENCE.matcher(written).replaceAll(match -> Matcher.quoteReplacement(resolve(match)));
  }

  private String resolve(MatchResult match) {
    if (match.group().equals("$${")) {
      return "${";
    }
    var kind = Optional.ofNullable(match.group(1)).orElse("");
    return switch (kind) {
      case "env" -> variable(match.group(2));
      case "file" -> file(match.group(2));
      default ->
          throw new IllegalArgumentException(
              "\"${\" must begin ${env:NAME} or ${file:PATH}, write $${ for the two signs");
    };
  }

  private String variable(String name) {
    return environment
        .apply(name)
        .orElseThrow(
            () -> new IllegalArgumentException("environment variable " + name + " is not set"));
  }

  private String file(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("${file:} names no file");
    }
    try {
      return read(directory.resolve(name));
    } catch (IOException | InvalidPathException e) {
      throw new IllegalArgumentException("cannot read ${file:" + name + "}: " + Causes.of(e), e);
    }
  }

  private static String read(Path file) throws IOException {
    var text = BoundedFiles.readText(file, FILE_MAX_BYTES);
    if (text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
