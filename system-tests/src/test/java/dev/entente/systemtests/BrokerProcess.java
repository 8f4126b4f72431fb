package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A broker of the distribution, with its files in one directory. Killed or stopped, it can start
/// again where it was. One thread.
final class BrokerProcess {
  /// Less than the default, so that several daemons fit a small machine; and one compiler, because
  /// most live for seconds.
  private static final String FLAGS = "-Xmx256m -XX:TieredStopAtLevel=1";

  private final Path directory;
  private final Path socket;
  private final String address;
  private final String opsAddress;
  private final Daemon daemon;
  private final AdminApi admin;
  private Path dataDir;
  private String trustDomain = "td.example";
  private String more = "";

  /// A broker that has never started, of the trust domain `td.example`.
  BrokerProcess(Sandbox sandbox, String name) {
    directory = sandbox.subdirectory(name);
    dataDir = directory.resolve("data");
    socket = directory.resolve("broker.sock");
    address = sandbox.freeAddress();
    opsAddress = sandbox.freeAddress();
    daemon = new Daemon(sandbox, "broker", directory, opsAddress);
    daemon.environment("ENTENTE_JAVA_OPTS", FLAGS);
    admin = sandbox.register(AdminApi.of(socket));
  }

  /// Adds lines to the configuration of the next start.
  BrokerProcess with(String yaml) {
    more += yaml.endsWith("\n") ? yaml : yaml + "\n";
    return this;
  }

  /// Uses another data directory at the next start.
  BrokerProcess dataDir(Path other) {
    dataDir = other;
    return this;
  }

  /// Uses another distribution for the next starts.
  BrokerProcess distribution(Path home) {
    daemon.distribution(home);
    return this;
  }

  /// Claims another trust domain at the next start.
  BrokerProcess trustDomain(String name) {
    trustDomain = name;
    return this;
  }

  /// Adds variables to the environment of the next starts.
  BrokerProcess environment(Map<String, String> variables) {
    variables.forEach(daemon::environment);
    return this;
  }

  /// Halts the next starts at that place in the code; an empty name takes it back.
  BrokerProcess crashingAt(String point) {
    daemon.environment(
        "ENTENTE_JAVA_OPTS", point.isEmpty() ? FLAGS : FLAGS + " -Dentente.crash-point=" + point);
    return this;
  }

  /// Runs the next starts below a command such as `strace`; none takes it back.
  BrokerProcess below(String... command) {
    daemon.below(List.of(command));
    return this;
  }

  /// Starts it and waits until it is ready.
  BrokerProcess start() {
    launch();
    daemon.awaitReady();
    return this;
  }

  /// Waits until it is ready.
  void awaitReady() {
    daemon.awaitReady();
  }

  /// Starts it without waiting.
  Launched launch() {
    return daemon.launch(configuration());
  }

  private String configuration() {
    return """
    trust-domain: %s
    data-dir: %s
    listen: %s
    socket: %s
    ops:
      address: %s
    """
            .formatted(trustDomain, dataDir, address, socket, opsAddress)
        + more;
  }

  /// SIGKILL.
  void kill() {
    daemon.kill();
  }

  /// SIGTERM; returns the exit code.
  int stop() {
    return daemon.running().stop();
  }

  Launched running() {
    return daemon.running();
  }

  Optional<HttpResponse<String>> ready() {
    return daemon.ready();
  }

  String metrics() {
    return daemon.metrics();
  }

  /// What an administrator may ask.
  AdminApi admin() {
    return admin;
  }

  /// Where agents connect.
  String address() {
    return address;
  }

  /// The private socket.
  Path socket() {
    return socket;
  }

  /// Store, keys and audit log.
  Path dataDir() {
    return dataDir;
  }

  /// Configuration and logs.
  Path directory() {
    return directory;
  }

  /// The configuration of the newest start.
  Path config() {
    return daemon.config();
  }

  /// The trust bundle as a PEM file, for an agent's bootstrap.
  Path bundleFile() {
    try {
      return Files.writeString(directory.resolve("bundle.pem"), admin.bundlePem());
    } catch (IOException e) {
      throw new UncheckedIOException("bundle not written", e);
    }
  }
}
