package dev.entente.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Reads a configuration file of ours: one YAML 1.2 document of kebab-case keys.
///
/// A reader asks the [ConfigSection] for each key it knows. What it never asked for is unknown, and
/// an error; every problem of the file is reported together ([ConfigException]), each with file,
/// line and key. Relative paths in the file are relative to the file's own directory.
public final class ConfigFile {
  /// A configuration is a page or two; a larger file is a mistake or an attack.
  public static final int SIZE_MAX_BYTES = 1024 * 1024;

  private ConfigFile() {}

  /// Reads `file` with `reader` and returns what it made of it, or throws [ConfigException] with
  /// everything that is wrong, unknown keys included.
  ///
  /// An IllegalArgumentException of `reader` counts as a problem of the file as a whole, unless
  /// others were found: then it is only their echo.
  public static <T> T load(Path file, Function<ConfigSection, T> reader) {
    return load(read(file), reader);
  }

  /// Reads an already parsed `root` with `reader`, as [#load(Path, Function)] does.
  public static <T> T load(ConfigSection root, Function<ConfigSection, T> reader) {
    T value;
    try {
      value = reader.apply(root);
    } catch (IllegalArgumentException e) {
      root.abort(e);
      throw new IllegalStateException("unreachable", e);
    }
    root.finish();
    return value;
  }

  /// Reads `file` and returns its root; [ConfigSection#finish()] must be called on it at the end.
  /// Throws [ConfigException] if the file cannot be read or is not a configuration.
  public static ConfigSection read(Path file) {
    byte[] bytes;
    try {
      bytes = BoundedFiles.read(file, SIZE_MAX_BYTES);
    } catch (IOException e) {
      throw refused(file.toString(), "cannot be read: " + Causes.of(e));
    }
    var directory = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
    return parse(file.toString(), decode(file.toString(), bytes), directory, ConfigFile::variable);
  }

  /// Reads configuration text, for tests and for parts that come from elsewhere; `name` stands in
  /// messages, and relative paths stay relative to the working directory.
  public static ConfigSection parse(String name, String yaml) {
    return parse(name, yaml, Path.of(""), ConfigFile::variable);
  }

  static ConfigSection parse(
      String name, String yaml, Path directory, Function<String, Optional<String>> environment) {
    if (yaml.length() > SIZE_MAX_BYTES) {
      throw refused(name, "larger than " + SIZE_MAX_BYTES + " characters");
    }
    var problems = new ArrayList<ConfigProblem>();
    var tree = YamlTree.read(name, yaml, problems);
    var expansion = new Expansion(environment, directory);
    return new ConfigSection(new ConfigReading(name, directory, expansion, problems), "", tree);
  }

  private static String decode(String name, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw refused(name, "not UTF-8 text");
    }
  }

  private static Optional<String> variable(String name) {
    return Optional.ofNullable(System.getenv(name));
  }

  private static ConfigException refused(String name, String message) {
    return new ConfigException(List.of(new ConfigProblem(name, 1, "", message)));
  }
}
