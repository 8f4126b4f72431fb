package dev.entente.attestor.spi;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An attestor's own section of the configuration file.
///
/// Reading a key declares it known; keys nobody read are reported as unknown when the provider
/// returns. A value of the wrong shape is collected as a problem and the default is returned, so
/// that one start shows every mistake.
public interface AttestorSettings {
  /// The text under `key`, if set.
  Optional<String> text(String key);

  /// The file or directory under `key`, if set; a relative one is resolved against the directory of
  /// the configuration file.
  Optional<Path> path(String key);

  /// The files or directories listed under `key`, each as [#path(String)]; empty if unset. A single
  /// one that is not in a list is of the wrong shape.
  List<Path> paths(String key);

  /// The texts listed under `key`; empty if unset. A single one that is not in a list is of the
  /// wrong shape.
  List<String> texts(String key);

  /// The switch under `key`.
  boolean flag(String key, boolean otherwise);

  /// The number under `key`, within `min` and `max`, both included.
  int integer(String key, int otherwise, int min, int max);

  /// The duration under `key`, such as `30s`.
  Duration duration(String key, Duration otherwise);

  /// The subsection under `key`, if there is one.
  Optional<AttestorSettings> section(String key);

  /// The named subsections under `key`.
  Map<String, AttestorSettings> sections(String key);

  /// Records that `key` cannot be used, and why.
  void problem(String key, String message);
}
