package dev.entente.agent.endpoint;

import dev.entente.agent.workload.UnixWorkloadAttestorProvider;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The `unix` attestor with `discover-workload-path`, and nothing else set.
final class UnixSettings implements AttestorSettings {
  static Map<String, WorkloadAttestor> attestor() {
    return Map.of("unix", new UnixWorkloadAttestorProvider().create(new UnixSettings()));
  }

  @Override
  public Optional<String> text(String key) {
    return Optional.empty();
  }

  @Override
  public Optional<Path> path(String key) {
    return Optional.empty();
  }

  @Override
  public List<Path> paths(String key) {
    return List.of();
  }

  @Override
  public List<String> texts(String key) {
    return List.of();
  }

  @Override
  public boolean flag(String key, boolean otherwise) {
    return key.equals("discover-workload-path") || otherwise;
  }

  @Override
  public int integer(String key, int otherwise, int min, int max) {
    return otherwise;
  }

  @Override
  public Duration duration(String key, Duration otherwise) {
    return otherwise;
  }

  @Override
  public Optional<AttestorSettings> section(String key) {
    return Optional.empty();
  }

  @Override
  public Map<String, AttestorSettings> sections(String key) {
    return Map.of();
  }

  @Override
  public void problem(String key, String message) {
    throw new IllegalStateException(key + ": " + message);
  }
}
