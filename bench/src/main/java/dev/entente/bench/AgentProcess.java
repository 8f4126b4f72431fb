package dev.entente.bench;

import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Pem;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.types.SPIFFEID;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// An agent of the distribution, attested with a join token, its files in one directory.
final class AgentProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(50);

  private final Path distribution;
  private final Path directory;
  private final Path config;
  private final String javaOptions;
  private Launched running;

  private AgentProcess(
      Path distribution, Path directory, String javaOptions, BrokerProcess broker) {
    this.distribution = distribution;
    this.directory = Directories.make(directory);
    this.javaOptions = javaOptions;
    this.config = Directories.write(directory.resolve("agent.yaml"), configuration(broker));
    this.running = launch();
  }

  /// Starts one that has never been attested. Returns at once.
  static AgentProcess start(
      Path distribution, Path directory, String javaOptions, BrokerProcess broker) {
    return new AgentProcess(distribution, directory, javaOptions, broker);
  }

  private String configuration(BrokerProcess broker) {
    var pem = new StringBuilder();
    broker
        .bundle()
        .x509Authorities()
        .forEach(authority ->
            pem.append(Pem.encode(Pem.CERTIFICATE, Certificates.der(authority.certificate()))));
    var bundle = Directories.write(directory.resolve("bundle.pem"), pem.toString());
    return """
    trust-domain: %s
    brokers: ["%s"]
    data-dir: %s
    socket: %s
    admin-socket: %s
    bootstrap:
      trust-bundle-file: %s
    attestor:
      join_token:
        token: %s
    """
        .formatted(
            SigningBench.DOMAIN,
            broker.address(),
            directory.resolve("data"),
            socket(),
            directory.resolve("private").resolve("admin.sock"),
            bundle,
            broker.joinToken());
  }

  private Launched launch() {
    return Launched.start(
        distribution,
        directory.resolve("agent.log"),
        javaOptions,
        List.of("agent", "run", "--config=" + config));
  }

  /// The agents the broker knows.
  static Set<SPIFFEID> known(BrokerProcess broker) {
    var answer =
        Answers.of(
            broker
                .admin()
                .unary(AgentGrpcClient.ListAgents, ListAgentsRequest.getDefaultInstance(), LIMIT));
    Set<SPIFFEID> ids = new HashSet<>();
    answer.getAgentsList().forEach(agent -> ids.add(agent.getId()));
    return ids;
  }

  /// Waits until the broker knows an agent that is not among `before`: this one.
  SPIFFEID awaitAttested(BrokerProcess broker, Set<SPIFFEID> before) {
    while (true) {
      running.requireAlive();
      var now = known(broker);
      now.removeAll(before);
      if (!now.isEmpty()) {
        return now.iterator().next();
      }
      Pause.of(LOOK);
    }
  }

  /// Starts it again on its files. Returns at once.
  void startAgain() {
    running = launch();
  }

  /// SIGTERM, and waits for the end.
  void stop() {
    running.close();
  }

  long pid() {
    return running.pid();
  }

  /// The Workload API.
  Path socket() {
    return directory.resolve("public").resolve("api.sock");
  }

  @Override
  public void close() {
    stop();
  }
}
