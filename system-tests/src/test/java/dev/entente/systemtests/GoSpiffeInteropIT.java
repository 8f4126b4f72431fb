package dev.entente.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Processes that know SPIFFE through go-spiffe only.
@DisplayName("go-spiffe workloads of our agent")
final class GoSpiffeInteropIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static Optional<Site> site = Optional.empty();

  /// What all tests share.
  ///
  /// @param nodePath the path of the node's SPIFFE ID
  private record Site(
      BrokerProcess broker,
      AgentProcess agent,
      CompiledWorkload program,
      String nodePath,
      String bundles) {
    WorkloadProcess workload(String name) {
      return program.start(name, agent.socket());
    }
  }

  @BeforeAll
  static void attestANode() {
    if (Peer.GO.missing().isPresent()) {
      return;
    }
    var program = CompiledWorkload.go(SANDBOX);
    var bundles = SANDBOX.freeAddress();
    var broker =
        new BrokerProcess(SANDBOX, "broker")
            .with(
                """
                listeners: [{kind: bundle-https-spiffe, address: "%s"}]
                federation: {allow-private-addresses: true}
                """
                    .formatted(bundles))
            .start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, "agent", broker).joinToken(token).start();
    site =
        Optional.of(new Site(broker, agent, program, "/spire/agent/join_token/" + token, bundles));
  }

  @Test
  @Needs(Peer.GO)
  void anX509SourceHoldsAnSvidThatIsRotated() {
    register("rotating", 20);
    var workload = site().workload("rotating");
    var current = workload.ask("x509");
    workload.ask("watch");

    var first = workload.event();
    var second = workload.event();

    assertThat(current).containsEntry("id", "spiffe://td.example/rotating");
    assertThat(first).containsEntry("id", "spiffe://td.example/rotating");
    assertThat(second.get("serial")).isNotEqualTo(first.get("serial"));
    assertThat(Instant.now()).isBefore(Instant.parse(requireNonNull(first.get("not-after"))));
  }

  @Test
  @Needs(Peer.GO)
  void aJwtSourceBringsATokenThatItAndTheAgentAccept() {
    register("tokens", 3600);
    var workload = site().workload("tokens");

    var svid = workload.ask("jwt backend");

    assertThat(workload.ask("validate backend " + svid.get("token")))
        .containsEntry("id", "spiffe://td.example/tokens")
        .containsEntry("agent", "spiffe://td.example/tokens");
    assertThat(workload.refusal("validate other " + svid.get("token"))).contains("audience");
  }

  @Test
  @Needs(Peer.GO)
  void goAndJavaSpeakMutualTlsBothWaysAndNobodyElseIsLetIn() {
    register("gopher", 3600);
    register("stranger", 3600);
    registerJava("duke");
    var gopher = site().workload("gopher");
    var duke = WorkloadProcess.start(SANDBOX, "duke", site().agent().socket());
    var gophers = gopher.ask("serve spiffe://td.example/duke");
    var dukes = duke.ask("serve spiffe://td.example/gopher");

    assertThat(duke.ask(call(gophers, "gopher")))
        .containsEntry("hello", "spiffe://td.example/duke")
        .containsEntry("peer", "spiffe://td.example/gopher");
    assertThat(gopher.ask(call(dukes, "duke")))
        .containsEntry("hello", "spiffe://td.example/gopher")
        .containsEntry("peer", "spiffe://td.example/duke");
    var stranger = site().workload("stranger");
    assertThat(stranger.refusal(call(gophers, "gopher"))).isNotEmpty();
  }

  @Test
  @Needs(Peer.GO)
  void ourBundleEndpointIsReadByGoSpiffe() {
    register("reader", 3600);
    var reader = site().workload("reader");
    var known = reader.ask("bundles");

    var bundle =
        reader.ask(
            "fetch-bundle td.example https://%s spiffe://td.example/spire/server"
                .formatted(site().bundles()));

    assertThat(bundle).containsEntry("x509", known.get("x509"));
    assertThat(bundle.get("keys"))
        .isEqualTo(Integer.toString(site().broker().admin().bundle().getJwtAuthoritiesCount()));
  }

  @Test
  @Needs(Peer.GO)
  void ourFetcherReadsGoSpiffesBundleEndpoint() {
    register("publisher", 3600);
    var address = site().workload("publisher").ask("serve-bundle gopher.example");
    var cli = Cli.of(SANDBOX, site().broker());

    cli.run(
            "federation",
            "create",
            "gopher.example",
            "--url",
            "https://%s:%s".formatted(address.get("host"), address.get("port")),
            "--endpoint-spiffe-id",
            "spiffe://td.example/publisher",
            "--bundle-format",
            "pem",
            "--bundle",
            site().broker().bundleFile().toString())
        .value();
    cli.run("federation", "refresh", "gopher.example").value();

    assertThat(cli.run("bundle", "show", "gopher.example", "--format", "spiffe").value())
        .contains("\"spiffe_sequence\":7");
  }

  private static String call(Map<String, String> server, String name) {
    return "call %s %s spiffe://td.example/%s"
        .formatted(server.get("host"), server.get("port"), name);
  }

  private static void register(String name, int ttlSeconds) {
    create(name, site().program().selector(name), ttlSeconds);
  }

  private static void registerJava(String name) {
    create(name, WorkloadProcess.selector(SANDBOX, name), 3600);
  }

  private static void create(String name, String selector, int ttlSeconds) {
    var entry = AdminApi.entry(site().nodePath(), "/" + name, selector);
    site().broker().admin().createEntry(entry.setX509SvidTtl(ttlSeconds).build());
  }

  private static Site site() {
    return site.orElseThrow();
  }
}
