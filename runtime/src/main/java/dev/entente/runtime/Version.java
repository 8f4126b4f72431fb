package dev.entente.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/// What is running: our version, the commit it was built from, and the Java under it.
///
/// @param version our version, such as `0.1.0`
/// @param commit the commit it was built from, or `unknown`
/// @param java the Java runtime's version
/// @param aotCache the ahead-of-time cache mapped into this process; empty if none is in use
public record Version(String version, String commit, String java, Optional<Path> aotCache) {
  private static final String RESOURCE = "version.properties";

  /// The version of this process.
  public static Version current() {
    var build = build();
    return new Version(
        build.getProperty("version", "unknown"),
        build.getProperty("commit", "unknown"),
        Runtime.version().toString(),
        mappedAotCache());
  }

  private static Properties build() {
    var properties = new Properties();
    try (var in = Version.class.getResourceAsStream(RESOURCE)) {
      if (in != null) {
        properties.load(in);
      }
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException("our own version is unreadable", e);
    }
  }

  /// The JVM ignores a cache that does not fit and says nothing; only the kernel's list of mapped
  /// files proves that it is in use.
  private static Optional<Path> mappedAotCache() {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.endsWith(".aot"))
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .findFirst();
    } catch (IOException | UncheckedIOException _) {
      return Optional.empty();
    }
  }
}
