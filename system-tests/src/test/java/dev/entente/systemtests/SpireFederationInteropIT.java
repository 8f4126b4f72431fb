package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ListenAddress;
import dev.entente.testkit.Await;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Our broker and a SPIRE server in one federation, each by its own means.
@DisplayName("The real spire-server is a federation partner")
final class SpireFederationInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void bundlesGoBothWaysWithHttpsSpiffeAndFollowEachRotation() throws IOException {
    var ourEndpoint = sandbox.freeAddress();
    var theirEndpoint = sandbox.freeAddress();
    var ours = broker(ourEndpoint);
    var theirs = partner(theirEndpoint);
    var cli = Cli.of(sandbox, ours);

    federate(ours, ourEndpoint, theirs, theirEndpoint);

    theirs.cli().run("localauthority", "x509", "prepare").value();
    theirs.cli().run("localauthority", "jwt", "prepare").value();
    cli.run("authority", "x509", "prepare").value();
    cli.run("authority", "jwt", "prepare").value();

    Await.until(
        "their rotation seen by us",
        SOON,
        () -> {
          cli.run("federation", "refresh", "partner.example").value();
          return keys(cli.run("bundle", "show", "partner.example", "--format", "spiffe"))
              .equals(keys(theirs.cli().run("bundle", "show", "-format", "spiffe")));
        });
    Await.until(
        "our rotation seen by them",
        SOON,
        () -> {
          theirs.cli().run("federation", "refresh", "-id", "spiffe://td.example").value();
          return keys(theirs
                  .cli()
                  .run("bundle", "list", "-id", "spiffe://td.example", "-format", "spiffe"))
              .equals(keys(cli.run("bundle", "show", "--format", "spiffe")));
        });
    assertThat(keys(cli.run("bundle", "show", "--format", "spiffe"))).hasSizeGreaterThan(4);
  }

  @Test
  @Needs({Peer.SPIRE_SERVER, Peer.SPIRE_AGENT})
  void aWorkloadOfOurAgentAndOneOfTheirsSpeakMutualTlsBothWays() throws IOException {
    var ourEndpoint = sandbox.freeAddress();
    var theirEndpoint = sandbox.freeAddress();
    var ours = broker(ourEndpoint);
    var theirs = partner(theirEndpoint);
    federate(ours, ourEndpoint, theirs, theirEndpoint);
    var here = workloadOf(ours);
    var there = workloadOf(theirs);
    there.identified();

    var hereServes = here.ask("serve spiffe://partner.example/there");
    var thereServes = there.ask("serve spiffe://td.example/here");

    assertThat(there.ask(call(hereServes, "spiffe://td.example/here")))
        .containsEntry("hello", "spiffe://partner.example/there")
        .containsEntry("peer", "spiffe://td.example/here");
    assertThat(here.ask(call(thereServes, "spiffe://partner.example/there")))
        .containsEntry("hello", "spiffe://td.example/here")
        .containsEntry("peer", "spiffe://partner.example/there");
  }

  private static String call(Map<String, String> server, String id) {
    return "call %s %s %s".formatted(server.get("host"), server.get("port"), id);
  }

  /// `spiffe://td.example/here`, served by an agent of ours.
  private WorkloadProcess workloadOf(BrokerProcess broker) {
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var entry =
        AdminApi.entry(
            "/spire/agent/join_token/" + token, "/here", WorkloadProcess.selector(sandbox, "here"));
    broker.admin().createEntry(entry.addFederatesWith("partner.example").build());
    return WorkloadProcess.start(sandbox, "here", agent.socket());
  }

  /// `spiffe://partner.example/there`, served by an agent of theirs.
  private WorkloadProcess workloadOf(SpireServerProcess server) {
    var node = "spiffe://partner.example/node";
    var token = server.cli().run("token", "generate", "-spiffeID", node, "-output", "json");
    var agent =
        new SpireAgentProcess(sandbox, "spire-agent", server.address(), server.bundleFile())
            .trustDomain("partner.example")
            .joinToken(token.json("value"))
            .start();
    server
        .cli()
        .run(
            "entry",
            "create",
            "-parentID",
            node,
            "-spiffeID",
            "spiffe://partner.example/there",
            "-selector",
            WorkloadProcess.selector(sandbox, "there"),
            "-federatesWith",
            "spiffe://td.example")
        .value();
    return WorkloadProcess.start(sandbox, "there", agent.socket());
  }

  /// Makes each know the other's bundle and where to fetch the next.
  private void federate(
      BrokerProcess ours, String ourEndpoint, SpireServerProcess theirs, String theirEndpoint)
      throws IOException {
    var cli = Cli.of(sandbox, ours);
    theirs
        .cli()
        .run(
            "federation",
            "create",
            "-trustDomain",
            "td.example",
            "-bundleEndpointURL",
            "https://" + ourEndpoint,
            "-bundleEndpointProfile",
            "https_spiffe",
            "-endpointSpiffeID",
            "spiffe://td.example/spire/server",
            "-trustDomainBundlePath",
            file("ours.json", cli.run("bundle", "show", "--format", "spiffe")).toString(),
            "-trustDomainBundleFormat",
            "spiffe")
        .value();
    cli.run(
            "federation",
            "create",
            "partner.example",
            "--url",
            "https://" + theirEndpoint,
            "--endpoint-spiffe-id",
            "spiffe://partner.example/spire/server",
            "--bundle",
            file("theirs.json", theirs.cli().run("bundle", "show", "-format", "spiffe")).toString())
        .value();
  }

  private BrokerProcess broker(String endpoint) {
    return new BrokerProcess(sandbox, "broker")
        .with(
            """
            listeners: [{kind: bundle-https-spiffe, address: "%s"}]
            federation: {allow-private-addresses: true}
            """
                .formatted(endpoint))
        .start();
  }

  private SpireServerProcess partner(String endpoint) {
    var listen = ListenAddress.parse(endpoint);
    return new SpireServerProcess(sandbox, "spire")
        .trustDomain("partner.example")
        .with(
            """
            federation {
              bundle_endpoint {
                address = "%s"
                port = %s
                profile "https_spiffe" {}
              }
            }
            """
                .formatted(listen.host(), listen.port()))
        .start();
  }

  private Path file(String name, Command.Result result) throws IOException {
    return Files.writeString(sandbox.directory().resolve(name), result.value());
  }

  /// The keys of a bundle document, in no order.
  private static List<String> keys(Command.Result document) {
    return new JsonObject(document.value())
        .getJsonArray("keys").stream()
            .map(JsonObject.class::cast)
            .map(key -> key.getString("use") + " " + key.getString("x") + key.getString("n", ""))
            .sorted()
            .toList();
  }
}
