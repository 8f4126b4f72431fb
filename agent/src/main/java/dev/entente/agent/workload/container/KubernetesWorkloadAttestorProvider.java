package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.kube.KubeClient;
import dev.entente.runtime.kube.KubeCredentials;
import dev.entente.runtime.kube.KubeTarget;
import dev.entente.runtime.kube.KubeText;
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
        skip
            ? Optional.empty()
            : Optional.of(inFile(authorities.orElse(KubeTarget.ACCOUNT.resolve("ca.crt")))),
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
        ? new KubeCredentials.Certificate(inFile(certificate.get()), inFile(key.get()))
        : new KubeCredentials.Token(inFile(token.orElse(KubeTarget.ACCOUNT.resolve("token"))));
  }

  private static KubeText inFile(Path file) {
    return new KubeText.InFile(file);
  }

  private KubeTarget apiServer(AttestorSettings settings) {
    return KubeTarget.inCluster(environment)
        .orElseGet(() -> {
          settings.problem(
              "enable-namespace-labels",
              "needs KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which a pod has");
          return new KubeTarget(LOOPBACK, SECURE_PORT, Optional.empty());
        });
  }
}
