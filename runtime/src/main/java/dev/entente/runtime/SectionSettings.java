package dev.entente.runtime;

import dev.entente.attestor.spi.AttestorSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Shows an attestor its own section of a daemon's configuration.
public record SectionSettings(ConfigSection section) implements AttestorSettings {
  @Override
  public Optional<String> text(String key) {
    return section.text(key);
  }

  @Override
  public Optional<Path> path(String key) {
    return section.path(key);
  }

  @Override
  public List<Path> paths(String key) {
    return section.paths(key);
  }

  @Override
  public List<String> texts(String key) {
    return section.texts(key);
  }

  @Override
  public boolean flag(String key, boolean otherwise) {
    return section.flag(key, otherwise);
  }

  @Override
  public int integer(String key, int otherwise, int min, int max) {
    return section.integer(key, otherwise, min, max);
  }

  @Override
  public Duration duration(String key, Duration otherwise) {
    return section.duration(key, otherwise);
  }

  @Override
  public Optional<AttestorSettings> section(String key) {
    return section.section(key).map(SectionSettings::new);
  }

  @Override
  public Map<String, AttestorSettings> sections(String key) {
    var settings = new LinkedHashMap<String, AttestorSettings>();
    section.sections(key).forEach((name, child) -> settings.put(name, new SectionSettings(child)));
    return settings;
  }

  @Override
  public void problem(String key, String message) {
    section.problem(key, message);
  }
}
