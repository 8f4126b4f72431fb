package dev.entente.agent.workload.container;

import dev.entente.agent.workload.local.TimeLimit;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the `k8s` workload attestor; its keys are in `docs/attestors/k8s.md`.
public final class KubernetesWorkloadAttestorProvider implements WorkloadAttestor.Provider {
  private static final Logger LOG =
      LoggerFactory.getLogger(KubernetesWorkloadAttestorProvider.class);

  /// Where Kubernetes puts a pod's own account.
  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private static final String LOOPBACK = "127.0.0.1";
  private static final int SECURE_PORT = 10250;
  private static final int PORT_MAX = 65535;

  private static final String READ_ONLY_PORT = "kubelet-read-only-port";
  private static final String CA_PATH = "kubelet-ca-path";
  private static final String SKIP = "skip-kubelet-verification";
  private static final String TOKEN = "token-path";
  private static final String CERTIFICATE = "certificate-path";
  private static final String KEY = "private-key-path";
  private static final String ANONYMOUS = "use-anonymous-authentication";
  private static final String INTERVAL = "poll-retry-interval";

  private static final int POLLS = 60;
  private static final int POLLS_MAX = 10_000;
  private static final Duration INTERVAL_MIN = Duration.ofMillis(10);

  private final Function<String, Optional<String>> environment;

  /// Called by ServiceLoader.
  public KubernetesWorkloadAttestorProvider() {
    this(name -> Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()));
  }

  KubernetesWorkloadAttestorProvider(Function<String, Optional<String>> environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return KubernetesWorkloadAttestor.TYPE;
  }

  @Override
  public WorkloadAttestor create(AttestorSettings settings) {
    if (!settings.flag("use-new-container-locator", true)) {
      settings.problem("use-new-container-locator", "cannot be switched off here");
    }
    var reload = settings.duration("reload-interval", Duration.ofMinutes(1));
    var kubelet = new KubeClient("kubelet", kubelet(settings), reload);
    return new KubernetesWorkloadAttestor(
        ContainerFinder.system(
            Optional.empty(), settings.flag("verbose-container-locator-logs", false)),
        new PodLists(() -> pods(kubelet), interval(settings)),
        settings.flag("enable-namespace-labels", false)
            ? Optional.of(new ApiServer(new KubeClient("API server", apiServer(settings), reload)))
            : Optional.empty(),
        new KubernetesWorkloadAttestor.Options(
            settings.integer("max-poll-attempts", POLLS, 1, POLLS_MAX),
            !settings.flag("disable-container-selectors", false)));
  }

  private static List<Pod> pods(KubeClient kubelet) throws AttestationFault, InterruptedException {
    var limit = TimeLimit.within(KubernetesWorkloadAttestor.PATIENCE);
    return kubelet.get("/pods", limit, PodReader::readList);
  }

  private static Duration interval(AttestorSettings settings) {
    var interval = settings.duration(INTERVAL, Duration.ofMillis(500));
    if (interval.compareTo(INTERVAL_MIN) < 0) {
      settings.problem(INTERVAL, "is below " + INTERVAL_MIN.toMillis() + "ms");
    }
    return interval;
  }

  private KubeTarget kubelet(AttestorSettings settings) {
    var variable = settings.text("node-name-env").orElse("MY_NODE_NAME");
    var name = settings.text("node-name").or(() -> environment.apply(variable));
    int securePort = settings.integer("kubelet-secure-port", 0, 1, PORT_MAX);
    int readOnlyPort = settings.integer(READ_ONLY_PORT, 0, 1, PORT_MAX);
    var tls = tls(settings, name.isPresent());
    if (readOnlyPort == 0) {
      int port = securePort == 0 ? SECURE_PORT : securePort;
      return new KubeTarget(name.orElse(LOOPBACK), port, Optional.of(tls));
    }
    if (securePort != 0) {
      settings.problem(READ_ONLY_PORT, "excludes kubelet-secure-port");
    }
    LOG.atWarn().log("Kubelet is asked without TLS: whoever takes its port is believed");
    return new KubeTarget(LOOPBACK, readOnlyPort, Optional.empty());
  }

  private static KubeTarget.Tls tls(AttestorSettings settings, boolean named) {
    boolean skip = settings.flag(SKIP, false);
    var authorities = settings.path(CA_PATH);
    if (skip && authorities.isPresent()) {
      settings.problem(CA_PATH, "excludes " + SKIP);
    }
    if (skip) {
      LOG.atWarn().log("Kubelet's certificate is not verified: whoever takes its port is believed");
    }
    return new KubeTarget.Tls(
        skip ? Optional.empty() : Optional.of(authorities.orElse(ACCOUNT.resolve("ca.crt"))),
        named && !skip,
        credentials(settings));
  }

  private static KubeCredentials credentials(AttestorSettings settings) {
    var token = settings.path(TOKEN);
    var certificate = settings.path(CERTIFICATE);
    var key = settings.path(KEY);
    if (certificate.isPresent() != key.isPresent()) {
      settings.problem(
          certificate.isPresent() ? CERTIFICATE : KEY,
          "needs " + (certificate.isPresent() ? KEY : CERTIFICATE) + " beside it");
    }
    boolean anonymous = settings.flag(ANONYMOUS, false);
    if (anonymous && (token.isPresent() || certificate.isPresent())) {
      settings.problem(ANONYMOUS, "excludes a token and a certificate");
    }
    if (token.isPresent() && certificate.isPresent()) {
      settings.problem(TOKEN, "excludes a certificate");
    }
    if (anonymous) {
      return new KubeCredentials.Anonymous();
    }
    return certificate.isPresent() && key.isPresent()
        ? new KubeCredentials.Certificate(certificate.get(), key.get())
        : new KubeCredentials.Token(token.orElse(ACCOUNT.resolve("token")));
  }

  /// As Kubernetes tells every pod.
  private KubeTarget apiServer(AttestorSettings settings) {
    var host = environment.apply("KUBERNETES_SERVICE_HOST");
    var port =
        environment
            .apply("KUBERNETES_SERVICE_PORT")
            .flatMap(KubernetesWorkloadAttestorProvider::port);
    if (host.isEmpty() || port.isEmpty()) {
      settings.problem(
          "enable-namespace-labels",
          "needs KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which a pod has");
    }
    return new KubeTarget(
        host.orElse(LOOPBACK),
        port.orElse(SECURE_PORT),
        Optional.of(
            new KubeTarget.Tls(
                Optional.of(ACCOUNT.resolve("ca.crt")),
                true,
                new KubeCredentials.Token(ACCOUNT.resolve("token")))));
  }

  private static Optional<Integer> port(String text) {
    try {
      return Optional.of(Integer.parseInt(text)).filter(port -> port > 0 && port <= PORT_MAX);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }
}
