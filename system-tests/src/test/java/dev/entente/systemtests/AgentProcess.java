package dev.entente.systemtests;

import java.nio.file.Path;
import java.util.List;

/// An agent of the distribution, with its files in one directory. One thread.
final class AgentProcess {
  private final Path directory;
  private final Path socket;
  private final Path adminSocket;
  private final Daemon daemon;
  private final String opsAddress;
  private final String server;
  private final Path bundle;
  private Path dataDir;
  private String trustDomain = "td.example";
  private String attestor = "";
  private String logLevel = "info";
  private String unix = "unix: {discover-workload-path: true, workload-size-limit: -1}";
  private String moreWorkloadAttestors = "";
  private String moreKeys = "";

  /// An agent of that broker, which runs, so that its bundle can be read.
  AgentProcess(Sandbox sandbox, String name, BrokerProcess broker) {
    this(sandbox, name, broker.address(), broker.bundleFile());
  }

  /// An agent of that server.
  ///
  /// @param server `host:port`
  /// @param bundle PEM of the authorities by which it recognises the server
  AgentProcess(Sandbox sandbox, String name, String server, Path bundle) {
    this.server = server;
    this.bundle = bundle;
    directory = sandbox.subdirectory(name);
    dataDir = directory.resolve("data");
    // Beside the private directory: workloads of other users pass through.
    socket = sandbox.directory().resolve(name + ".api").resolve("api.sock");
    adminSocket = directory.resolve("admin.sock");
    opsAddress = sandbox.freeAddress();
    daemon = new Daemon(sandbox, "agent", directory, opsAddress);
  }

  /// Belongs to another trust domain than `td.example` at the next start.
  AgentProcess trustDomain(String name) {
    trustDomain = name;
    return this;
  }

  /// Shows a join token at the next start.
  AgentProcess joinToken(String token) {
    attestor = "join_token: {token: " + token + "}";
    return this;
  }

  /// Shows an X.509 certificate at the next start.
  AgentProcess x509Pop(Path certificate, Path key) {
    attestor = "x509pop: {certificate-path: %s, private-key-path: %s}".formatted(certificate, key);
    return this;
  }

  /// Adds a key to the configuration for the next starts.
  AgentProcess with(String line) {
    moreKeys += line + "\n";
    return this;
  }

  /// Proves the digest of an executable too, at the next starts.
  AgentProcess hashingExecutables() {
    unix = "unix: {discover-workload-path: true}";
    return this;
  }

  /// Has no workload attestor but those that are added, at the next starts.
  AgentProcess withoutUnix() {
    unix = "";
    return this;
  }

  /// Adds a line to `workload-attestors` for the next starts.
  AgentProcess workloadAttestor(String line) {
    moreWorkloadAttestors += "  " + line + "\n";
    return this;
  }

  /// Adds to the environment of the next starts.
  AgentProcess environment(String name, String value) {
    daemon.environment(name, value);
    return this;
  }

  /// Uses another data directory at the next start.
  AgentProcess dataDir(Path other) {
    dataDir = other;
    return this;
  }

  /// Shows other evidence at the next start: one entry of the configuration's `attestor`.
  AgentProcess attestor(String yaml) {
    attestor = yaml;
    return this;
  }

  /// Adds flags for the Java runtime of the next starts.
  AgentProcess javaOptions(String flags) {
    daemon.environment("ENTENTE_JAVA_OPTS", flags);
    return this;
  }

  /// Logs all there is to log at the next start.
  AgentProcess talkative() {
    logLevel = "trace";
    return this;
  }

  /// Logs into a file at the next start.
  AgentProcess logTo(Path file) {
    logLevel = "info\n  file: " + file;
    return this;
  }

  /// Runs the next starts below a command such as `strace`; none takes it back.
  AgentProcess below(String... command) {
    daemon.below(List.of(command));
    return this;
  }

  /// Starts it and waits until it is ready.
  AgentProcess start() {
    launch();
    daemon.awaitReady();
    return this;
  }

  /// Starts it without waiting.
  Launched launch() {
    return daemon.launch(configuration());
  }

  /// Waits until it is ready.
  void awaitReady() {
    daemon.awaitReady();
  }

  private String configuration() {
    return """
    trust-domain: %s
    data-dir: %s
    brokers: ["%s"]
    socket: %s
    admin-socket: %s
    ops:
      address: %s
    log:
      level: %s
    bootstrap:
      trust-bundle-file: %s
    attestor:
      %s
    workload-attestors:
      %s
    """
            .formatted(
                trustDomain,
                dataDir,
                server,
                socket,
                adminSocket,
                opsAddress,
                logLevel,
                bundle,
                attestor,
                unix)
        + moreWorkloadAttestors
        + moreKeys;
  }

  void kill() {
    daemon.kill();
  }

  int stop() {
    return daemon.running().stop();
  }

  Launched running() {
    return daemon.running();
  }

  String metrics() {
    return daemon.metrics();
  }

  /// The Workload API.
  Path socket() {
    return socket;
  }

  /// Where its administrator asks.
  Path adminSocket() {
    return adminSocket;
  }

  /// Its state and key.
  Path dataDir() {
    return dataDir;
  }

  /// The configuration of the newest start.
  Path config() {
    return daemon.config();
  }

  Path directory() {
    return directory;
  }
}
