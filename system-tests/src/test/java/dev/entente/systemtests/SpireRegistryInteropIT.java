package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The registry and the configuration of a real SPIRE server, taken over.
@DisplayName("Our command line takes over the real spire-server's registry and configuration")
final class SpireRegistryInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Duration LONG = Duration.ofSeconds(90);
  private static final int ENTRIES = 10_000;

  /// The server takes some seconds for these.
  private static final int ENTRIES_AT_ONCE = 1_000;

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void takesOverEntriesBundlesAndRelationshipsAndChangesNothingTheSecondTime() throws IOException {
    var server = new SpireServerProcess(sandbox, "spire").start();
    fill(server);
    var broker = new BrokerProcess(sandbox, "broker").start();

    var dry = importing(broker, "unix:" + server.socket(), Map.of(), "--dry-run");
    assertThat(dry.value()).containsPattern("entries +" + (ENTRIES + 1) + " +0 +0 +0 +0");
    var first = importing(broker, "unix:" + server.socket(), Map.of(), "--own-bundle");
    var second = importing(broker, "unix:" + server.socket(), Map.of(), "--own-bundle");

    assertThat(first.value())
        .containsPattern("own bundle +1 +0 +0 +0 +0")
        .containsPattern("bundles +1 +0 +0 +0 +0")
        .containsPattern("relationships +1 +0 +0 +0 +0")
        .containsPattern("entries +" + (ENTRIES + 1) + " +0 +0 +0 +0");
    assertThat(second.value())
        .containsPattern("own bundle +0 +0 +1 +0 +0")
        .containsPattern("bundles +0 +0 +1 +0 +0")
        .containsPattern("relationships +0 +0 +1 +0 +0")
        .containsPattern("entries +0 +0 +" + (ENTRIES + 1) + " +0 +0");
    var theirCli = server.cli();
    var ourCli = new SpireCli(sandbox, broker.socket());
    assertThat(entries(ourCli)).isEqualTo(entries(theirCli));
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void readsOverTlsAsAnAdministratorOfTheServer() {
    var server = new SpireServerProcess(sandbox, "spire").start();
    var node = "spiffe://td.example/node";
    var token =
        server.cli().run("token", "generate", "-spiffeID", node, "-output", "json").json("value");
    var agent =
        new AgentProcess(sandbox, "agent", server.address(), server.bundleFile())
            .joinToken(token)
            .start();
    var uid = ProcessHandle.current().info().user().orElseThrow();
    server
        .cli()
        .run(
            "entry",
            "create",
            "-admin",
            "-parentID",
            node,
            "-spiffeID",
            "spiffe://td.example/operator",
            "-selector",
            "unix:user:" + uid)
        .value();
    var broker = new BrokerProcess(sandbox, "broker").start();
    var endpoint = Map.of("SPIFFE_ENDPOINT_SOCKET", "unix://" + agent.socket());

    Await.until(
        "an identity for the operator",
        SOON,
        () -> importing(broker, server.address(), endpoint, "--dry-run").exitCode() == 0);
    var run = importing(broker, server.address(), endpoint);

    assertThat(run.value()).containsPattern("entries +2 +0 +0 +0 +0");
    assertThat(run.err()).contains("agents that attested with a join token");
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void aBrokerRunsWithTheConvertedConfigurationOfTheServer() throws IOException {
    var server = new SpireServerProcess(sandbox, "spire").start();
    var file = server.socket().resolveSibling("server.conf");
    var target = sandbox.directory().resolve("broker.yaml");

    var converted =
        entente(Map.of(), "config", "import", file.toString(), "--out", target.toString());

    assertThat(converted.value()).isEmpty();
    assertThat(converted.err()).contains("0 unknown").doesNotContain("error[");
    assertThat(entente(Map.of(), "broker", "validate", "--config", target.toString()).value())
        .endsWith("is valid");
    assertThat(Files.readString(target))
        .contains("trust-domain: td.example", "listen: \"" + server.address() + "\"");
  }

  /// Ten thousand entries from files, one with everything by hand, a bundle and a relationship.
  private void fill(SpireServerProcess server) throws IOException {
    for (int from = 0; from < ENTRIES; from += ENTRIES_AT_ONCE) {
      var file = Files.writeString(sandbox.directory().resolve("entries.json"), entriesFrom(from));
      server.cli().run("entry", "create", "-data", file.toString()).value();
    }
    var bundle = sandbox.directory().resolve("partner.json");
    Files.writeString(bundle, server.cli().run("bundle", "show", "-format", "spiffe").value());
    federate(server.cli(), bundle);
    server
        .cli()
        .run(
            "entry",
            "create",
            "-entryID",
            "by-hand",
            "-parentID",
            "spiffe://td.example/spire/server",
            "-spiffeID",
            "spiffe://td.example/everything",
            "-selector",
            "x509pop:subject:cn:a",
            "-federatesWith",
            "spiffe://partner.example",
            "-admin",
            "-downstream",
            "-storeSVID",
            "-dns",
            "everything.td.example",
            "-hint",
            "blue",
            "-x509SVIDTTL",
            "300",
            "-jwtSVIDTTL",
            "60")
        .value();
    server
        .cli()
        .run(
            "entry",
            "update",
            "-entryID",
            "by-hand",
            "-parentID",
            "spiffe://td.example/spire/server",
            "-spiffeID",
            "spiffe://td.example/everything",
            "-selector",
            "x509pop:subject:cn:a",
            "-federatesWith",
            "spiffe://partner.example",
            "-storeSVID",
            "-hint",
            "green")
        .value();
  }

  private static String entriesFrom(int first) {
    return IntStream.range(first, first + ENTRIES_AT_ONCE)
        .mapToObj(i ->
            """
            {"parent_id": "spiffe://td.example/spire/agent/x509pop/%d",
             "spiffe_id": "spiffe://td.example/workload/%d",
             "selectors": [{"type": "unix", "value": "uid:%d"}],
             "x509_svid_ttl": 600, "hint": "hint %d"}\
            """
                .formatted(i % 10, i, i, i))
        .collect(Collectors.joining(",", "{\"entries\": [", "]}"));
  }

  private static void federate(SpireCli cli, Path bundle) {
    cli.run(
            "bundle",
            "set",
            "-id",
            "spiffe://partner.example",
            "-format",
            "spiffe",
            "-path",
            bundle.toString())
        .value();
    cli.run(
            "federation",
            "create",
            "-trustDomain",
            "partner.example",
            "-bundleEndpointURL",
            "https://partner.example/bundle",
            "-bundleEndpointProfile",
            "https_web")
        .value();
  }

  /// All entries, with ids, revisions and times, in the order of their ids.
  private static List<String> entries(SpireCli cli) {
    var text = cli.run("entry", "show", "-output", "json").value();
    return new JsonObject(text)
        .getJsonArray("entries").stream().map(String::valueOf).sorted().toList();
  }

  private Command.Result importing(
      BrokerProcess broker, String from, Map<String, String> environment, String... more) {
    var words = new ArrayList<>(List.of("registry", "import", "--from", from));
    words.addAll(List.of("--socket", broker.socket().toString()));
    words.addAll(List.of(more));
    return entente(environment, words.toArray(String[]::new));
  }

  private Command.Result entente(Map<String, String> environment, String... words) {
    var command = new ArrayList<>(List.of(Distribution.launcher().toString()));
    command.addAll(List.of(words));
    return Command.run(sandbox, environment, command, LONG);
  }
}
