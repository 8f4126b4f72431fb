package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Builds the `docker` workload attestor; its keys are in `docs/attestors/docker.md`.
public final class DockerWorkloadAttestorProvider implements WorkloadAttestor.Provider {
  private static final String PATTERNS = "container-id-cgroup-matchers";
  private static final String BY_CONVENTION = "use-new-container-locator";

  private static final Pattern VERSION = Pattern.compile("[0-9]{1,3}\\.[0-9]{1,3}");
  private static final String UNIX = "unix://";

  /// Called by ServiceLoader.
  public DockerWorkloadAttestorProvider() {}

  @Override
  public String type() {
    return DockerWorkloadAttestor.TYPE;
  }

  @Override
  public WorkloadAttestor create(AttestorSettings settings) {
    var engines =
        new Engines(
            socket(settings, "docker-socket-path", "/var/run/docker.sock"),
            socket(settings, "podman-socket-path", "/run/podman/podman.sock"),
            parse(
                settings,
                "podman-socket-path-template",
                text -> SocketTemplate.check(path(text).toString())),
            parse(settings, "docker-version", DockerWorkloadAttestorProvider::version));
    var finder =
        ContainerFinder.system(
            patterns(settings), settings.flag("verbose-container-locator-logs", false));
    return new DockerWorkloadAttestor(finder, engines);
  }

  private static Optional<IdPatterns> patterns(AttestorSettings settings) {
    var texts = settings.texts(PATTERNS);
    boolean byConvention = settings.flag(BY_CONVENTION, true);
    if (texts.isEmpty()) {
      return Optional.empty();
    }
    if (byConvention) {
      settings.problem(PATTERNS, "has no effect unless " + BY_CONVENTION + " is false");
    }
    try {
      return Optional.of(IdPatterns.parse(texts));
    } catch (IllegalArgumentException e) {
      settings.problem(PATTERNS, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static Path socket(AttestorSettings settings, String key, String otherwise) {
    return parse(settings, key, DockerWorkloadAttestorProvider::path)
        .orElseGet(() -> Path.of(otherwise));
  }

  private static <T> Optional<T> parse(
      AttestorSettings settings, String key, Function<String, T> parser) {
    return settings
        .text(key)
        .flatMap(text -> {
          try {
            return Optional.of(parser.apply(text));
          } catch (IllegalArgumentException e) {
            settings.problem(key, String.valueOf(e.getMessage()));
            return Optional.empty();
          }
        });
  }

  private static Path path(String text) {
    var path = Path.of(text.startsWith(UNIX) ? text.substring(UNIX.length()) : text);
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no absolute path of a Unix socket, with or without unix://");
    }
    return path;
  }

  private static String version(String text) {
    if (!VERSION.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no API version such as 1.44");
    }
    return text;
  }
}
