package dev.entente.systemtests;

import dev.entente.runtime.ListenAddress;
import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// SPIRE's own server, with its files in one directory. One thread.
final class SpireServerProcess {
  private static final Duration READY_LIMIT = Duration.ofSeconds(40);

  private final Sandbox sandbox;
  private final Path directory;
  private final Path socket;
  private final ListenAddress address;
  private final SpireCli cli;
  private String trustDomain = "td.example";
  private String server = "";
  private String upstream = "";
  private String attestor = "join_token\" { plugin_data {} }";
  private Optional<Launched> process = Optional.empty();
  private int starts;

  /// A server that has never started, of the trust domain `td.example`.
  SpireServerProcess(Sandbox sandbox, String name) {
    this.sandbox = sandbox;
    directory = sandbox.subdirectory(name);
    socket = directory.resolve("api.sock");
    address = ListenAddress.parse(sandbox.freeAddress());
    cli = new SpireCli(sandbox, socket);
  }

  /// Claims another trust domain at the next start.
  SpireServerProcess trustDomain(String name) {
    trustDomain = name;
    return this;
  }

  /// Adds lines to the block `server` of the next start.
  SpireServerProcess with(String hcl) {
    server += hcl + "\n";
    return this;
  }

  /// Accepts machines of that authority instead of join tokens.
  SpireServerProcess x509Pop(Path authority) {
    return attestor("x509pop", "ca_bundle_path = \"%s\"".formatted(authority));
  }

  /// Accepts other evidence instead of join tokens.
  ///
  /// @param data the plugin's own configuration
  SpireServerProcess attestor(String plugin, String data) {
    attestor = "%s\" { plugin_data { %s } }".formatted(plugin, data);
    return this;
  }

  /// Accepts hosts of those SSH authorities instead of join tokens.
  SpireServerProcess sshPop(Path authorities) {
    attestor = "sshpop\" { plugin_data { cert_authorities_path = \"%s\" } }".formatted(authorities);
    return this;
  }

  /// Takes its authority from the server at `address`, as the workload of the agent at `socket`.
  SpireServerProcess below(String address, Path socket) {
    var above = ListenAddress.parse(address);
    upstream =
        """
        UpstreamAuthority "spire" {
          plugin_data { server_address = "%s" server_port = %s workload_api_socket = "%s" }
        }\
        """
            .formatted(above.host(), above.port(), socket);
    return this;
  }

  /// The selector that proves such a server to an agent.
  static String selector() {
    return "unix:path:" + Peer.SPIRE_SERVER.program();
  }

  /// Starts it and waits until it is healthy.
  SpireServerProcess start() {
    starts++;
    try {
      var file = Files.writeString(directory.resolve("server.conf"), configuration());
      var command =
          List.of(Peer.SPIRE_SERVER.program().toString(), "run", "-config", file.toString());
      var log = directory.resolve("server-" + starts + ".log");
      var name = "spire-server " + directory.getFileName();
      var started = sandbox.register(Launched.start(name, log, Map.of(), command));
      process = Optional.of(started);
      Await.until(
          "spire-server healthy",
          READY_LIMIT,
          () -> {
            started.ensureAlive();
            return Files.exists(socket) && cli.run("healthcheck").exitCode() == 0;
          });
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("configuration not written", e);
    }
  }

  private String configuration() {
    return """
    server {
      trust_domain = "%s"
      data_dir = "%s/data"
      log_level = "DEBUG"
      bind_address = "%s"
      bind_port = %s
      socket_path = "%s"
      %s
    }
    plugins {
      DataStore "sql" {
        plugin_data { database_type = "sqlite3" connection_string = "%s/datastore.sqlite3" }
      }
      KeyManager "disk" { plugin_data { keys_path = "%s/keys.json" } }
      NodeAttestor "%s
      %s
    }
    """
        .formatted(
            trustDomain,
            directory,
            address.host(),
            address.port(),
            socket,
            server,
            directory,
            directory,
            attestor,
            upstream);
  }

  /// SIGTERM; returns the exit code.
  int stop() {
    return process.orElseThrow().stop();
  }

  /// Its command line, administering it.
  SpireCli cli() {
    return cli;
  }

  /// Where agents connect.
  String address() {
    return address.toString();
  }

  /// The private socket.
  Path socket() {
    return socket;
  }

  /// The trust bundle as a PEM file.
  Path bundleFile() {
    try {
      return Files.writeString(
          directory.resolve("bundle.pem"), cli.run("bundle", "show").value() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("bundle not written", e);
    }
  }
}
