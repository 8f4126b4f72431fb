package dev.entente.systemtests;

import dev.entente.runtime.ListenAddress;
import dev.entente.testkit.Await;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// SPIRE's own agent, attesting to a server at any address, and its command line in the role of a
/// workload. One thread.
final class SpireAgentProcess {
  private static final Duration READY_LIMIT = Duration.ofSeconds(40);

  private final Sandbox sandbox;
  private final Path directory;
  private final Path socket;
  private final String server;
  private final Path bundle;
  private String attestor = "join_token\" { plugin_data {} }";
  private String experimental = "";
  private String joinToken = "";
  private String trustDomain = "td.example";
  private Optional<Launched> process = Optional.empty();
  private int starts;

  /// An agent of `td.example` that has never started.
  ///
  /// @param server `host:port`
  /// @param bundle PEM of the authorities by which it recognises the server
  SpireAgentProcess(Sandbox sandbox, String name, String server, Path bundle) {
    this.sandbox = sandbox;
    this.server = server;
    this.bundle = bundle;
    directory = sandbox.subdirectory(name);
    socket = directory.resolve("api.sock");
  }

  /// Adds to the block `experimental` at the next start.
  SpireAgentProcess experimental(String hcl) {
    experimental = hcl;
    return this;
  }

  /// Belongs to another trust domain at the next start.
  SpireAgentProcess trustDomain(String name) {
    trustDomain = name;
    return this;
  }

  /// Shows a join token at the next start.
  SpireAgentProcess joinToken(String token) {
    joinToken = token;
    return this;
  }

  /// Shows an X.509 certificate at the next start.
  SpireAgentProcess x509Pop(Path certificate, Path key) {
    attestor =
        """
        x509pop" { plugin_data { certificate_path = "%s" private_key_path = "%s" } }\
        """
            .formatted(certificate, key);
    return this;
  }

  /// Shows the SSH certificate of a host at the next start.
  SpireAgentProcess sshPop(Path certificate, Path key) {
    attestor =
        """
        sshpop" { plugin_data { host_cert_path = "%s" host_key_path = "%s" } }\
        """
            .formatted(certificate, key);
    return this;
  }

  /// Shows a cloud's evidence at the next start.
  ///
  /// @param option where the plugin finds the metadata service: a key and its value
  SpireAgentProcess cloud(String plugin, String option, String value) {
    return evidence(plugin, "%s = \"%s\"".formatted(option, value));
  }

  /// Shows other evidence at the next start.
  ///
  /// @param data the plugin's own configuration
  SpireAgentProcess evidence(String plugin, String data) {
    attestor = "%s\" { plugin_data { %s } }".formatted(plugin, data);
    return this;
  }

  /// Starts it and waits until it is healthy.
  SpireAgentProcess start() {
    launch();
    Await.until("spire-agent healthy", READY_LIMIT, this::isHealthy);
    return this;
  }

  /// Starts it without waiting.
  Launched launch() {
    starts++;
    try {
      var file = Files.writeString(directory.resolve("agent.conf"), configuration());
      var command = new ArrayList<>(List.of(program(), "run", "-config", file.toString()));
      if (!joinToken.isEmpty()) {
        command.addAll(List.of("-joinToken", joinToken));
      }
      var log = directory.resolve("agent-" + starts + ".log");
      var started =
          sandbox.register(
              Launched.start("spire-agent " + directory.getFileName(), log, Map.of(), command));
      process = Optional.of(started);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("configuration not written", e);
    }
  }

  private String configuration() {
    var target = ListenAddress.parse(server);
    return """
    agent {
      trust_domain = "%7$s"
      data_dir = "%1$s/data"
      log_level = "DEBUG"
      server_address = "%2$s"
      server_port = %3$s
      socket_path = "%4$s"
      trust_bundle_path = "%5$s"
      experimental {
        sync_interval = "1s"
        %8$s
      }
    }
    plugins {
      NodeAttestor "%6$s
      KeyManager "disk" { plugin_data { directory = "%1$s/data" } }
      WorkloadAttestor "unix" { plugin_data { discover_workload_path = true } }
    }
    """
        .formatted(
            directory,
            target.host(),
            target.port(),
            socket,
            bundle,
            attestor,
            trustDomain,
            experimental);
  }

  private boolean isHealthy() {
    running().ensureAlive();
    return Files.exists(socket) && cli("healthcheck").exitCode() == 0;
  }

  /// Runs `spire-agent WORDS -socketPath …`; the agent sees a workload whose executable is its own.
  Command.Result cli(String... words) {
    return cli(sandbox, socket, words);
  }

  /// Runs `spire-agent WORDS -socketPath …` on the socket of any agent.
  static Command.Result cli(Sandbox sandbox, Path socket, String... words) {
    var command = new ArrayList<String>(List.of(program()));
    command.addAll(List.of(words));
    command.addAll(List.of("-socketPath", socket.toString()));
    return Command.run(sandbox, Map.of(), command);
  }

  /// The selector that proves [#cli].
  static String selector() {
    return "unix:path:" + program();
  }

  private static String program() {
    return Peer.SPIRE_AGENT.program().toString();
  }

  /// The X.509-SVIDs served, as soon as there are any.
  List<JsonObject> x509Svids(Duration limit) {
    return Await.first(
        "an X.509-SVID",
        limit,
        () -> {
          var result = cli("api", "fetch", "x509", "-output", "json");
          return result.exitCode() == 0
              ? Optional.of(objects(new JsonObject(result.out()).getJsonArray("svids")))
              : Optional.empty();
        });
  }

  /// The JWT-SVIDs for that audience.
  List<JsonObject> jwtSvids(String audience) {
    var answer =
        new JsonArray(cli("api", "fetch", "jwt", "-audience", audience, "-output", "json").value());
    return objects(answer.getJsonObject(0).getJsonArray("svids"));
  }

  private static List<JsonObject> objects(JsonArray array) {
    return array.stream().map(JsonObject.class::cast).toList();
  }

  /// The Workload API.
  Path socket() {
    return socket;
  }

  Launched running() {
    return process.orElseThrow(() -> new IllegalStateException("spire-agent was never started"));
  }
}
