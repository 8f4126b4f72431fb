package dev.entente.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The main job, as operators and workloads see it: a broker and an agent of the distribution, the
/// command line, and processes that know the Workload API through java-spiffe only.
@Order(5)
@Tag("interop")
@DisplayName("The main job with java-spiffe")
final class MainJobIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final String NODE = "spiffe://td.example/nodes/one";
  private static final Duration SOON = Duration.ofSeconds(60);

  /// The line that begins a figure of ours in Prometheus' text format.
  private static final Pattern FIGURE = Pattern.compile("(?m)^# TYPE (entente_\\w+) ");

  private static BrokerProcess broker;
  private static AgentProcess agent;
  private static Cli cli;

  @BeforeAll
  static void attestANode() {
    broker = new BrokerProcess(SANDBOX, "broker").start();
    cli = Cli.of(SANDBOX, broker);
    var token = cli.run("token", "create", "--spiffe-id", NODE).value();
    agent = new AgentProcess(SANDBOX, "agent", broker).joinToken(token).start();
  }

  @Test
  void fetchesAnX509SvidForAProcessThatItsExecutableProves() {
    register("web", "--x509-ttl", "1h");
    var web = workload("web");

    var svid = web.ask("x509");

    assertThat(svid).containsEntry("id", "spiffe://td.example/web");
    assertThat(Instant.parse(svid.get("not-after")))
        .isBetween(Instant.now().plus(Duration.ofMinutes(50)), in(Duration.ofMinutes(61)));
    assertThat(web.ask("context"))
        .containsEntry("ids", "spiffe://td.example/web")
        .containsEntry("serial", svid.get("serial"));
  }

  @Test
  void fetchesAJwtSvidThatItsBundleAndTheAgentAccept() {
    register("api");
    var api = workload("api").identified();

    var svid = api.ask("jwt backend");
    var verdict = api.ask("validate backend " + svid.get("token"));

    assertThat(svid).containsEntry("id", "spiffe://td.example/api");
    assertThat(header(requireNonNull(svid.get("token")))).contains("\"ES256\"");
    assertThat(verdict)
        .containsEntry("id", "spiffe://td.example/api")
        .containsEntry("agent", "spiffe://td.example/api");
    assertThat(api.refusal("validate other " + svid.get("token"))).contains("audience");
  }

  @Test
  void bringsTheBundleThatTheBrokerHas() {
    register("reader");

    var bundles = workload("reader").identified().ask("bundles");

    var bundle = broker.admin().bundle();
    assertThat(requireNonNull(bundles.get("x509")).split(",", -1))
        .hasSize(bundle.getX509AuthoritiesCount());
    assertThat(requireNonNull(bundles.get("jwt")).split(",", -1))
        .containsExactlyInAnyOrderElementsOf(
            bundle.getJwtAuthoritiesList().stream().map(key -> key.getKeyId()).toList());
  }

  @Test
  void rotatesAnX509SvidOnAnOpenStream() {
    register("short", "--x509-ttl", "20s");
    var workload = workload("short");
    workload.ask("watch");
    var first = workload.event();

    var second = workload.event();

    assertThat(second).containsEntry("id", first.get("id"));
    assertThat(second.get("serial")).isNotEqualTo(first.get("serial"));
    assertThat(Instant.parse(second.get("not-after")))
        .isAfter(Instant.parse(first.get("not-after")));
    assertThat(Instant.now())
        .as("renewed before the first SVID expired")
        .isBefore(Instant.parse(first.get("not-after")));
  }

  @Test
  void letsTwoWorkloadsSpeakMutualTlsAndNobodyElse() {
    register("server");
    register("client");
    register("stranger");
    var server = workload("server");
    var client = workload("client");
    var port = server.ask("serve spiffe://td.example/client");
    var target = port.get("host") + " " + port.get("port");

    var greeting = client.ask("call " + target + " spiffe://td.example/server");

    assertThat(greeting)
        .containsEntry("hello", "spiffe://td.example/client")
        .containsEntry("peer", "spiffe://td.example/server");
    assertThat(workload("stranger").refusal("call " + target + " spiffe://td.example/server"))
        .as("the server accepts the client only")
        .isNotEmpty();
    assertThat(client.refusal("call " + target + " spiffe://td.example/other"))
        .as("the client accepts the server only")
        .contains("SSLHandshakeException");
  }

  @Test
  void refusesAProcessWithoutAnEntryWhileAnotherOfTheSameUserIsServed() {
    register("member");
    var member = workload("member").identified();
    var intruder = workload("intruder");

    assertThat(member.ask("context")).containsEntry("id", "spiffe://td.example/member");
    assertThat(intruder.refusal("context")).contains("PERMISSION_DENIED");
    assertThat(member.ask("context")).containsEntry("id", "spiffe://td.example/member");
  }

  @Test
  void takesAnIdentityAwayFromAnOpenStreamWhenItsEntryIsDeleted() {
    var id = register("leaver");
    var leaver = workload("leaver");
    leaver.ask("watch");
    assertThat(leaver.event()).containsEntry("id", "spiffe://td.example/leaver");

    cli.run("entry", "delete", id).value();

    Await.until("PermissionDenied", SOON, () -> leaver.isDenied("context"));
  }

  @Test
  void attestsANodeThatHasAMachineCertificate() throws IOException {
    var directory = SANDBOX.subdirectory("machines");
    var authority = new MachineAuthority(directory);
    authority.certify("node-7");
    var another =
        new BrokerProcess(SANDBOX, "broker2")
            .with(
                "attestors: {x509pop: {ca-bundle-paths: [%s]}}"
                    .formatted(authority.certificateFile()))
            .start();
    var node =
        new AgentProcess(SANDBOX, "agent2", another)
            .x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key"))
            .start();

    var attested = another.admin().agents();

    assertThat(attested).hasSize(1);
    assertThat(attested.getFirst().getAttestationType()).isEqualTo("x509pop");
    assertThat(attested.getFirst().getSelectorsList())
        .anySatisfy(s -> assertThat(s.getValue()).isEqualTo("subject:cn:node-7"));
    assertThat(node.stop()).isZero();
    assertThat(another.stop()).isZero();
  }

  @Test
  void everyFigureThatIsShownIsInTheOperatorsList() throws IOException {
    var list = Files.readString(Distribution.sources().resolve("docs/operating/metrics.md"));

    var shown =
        FIGURE
            .matcher(broker.metrics() + agent.metrics())
            .results()
            .map(found -> found.group(1))
            .distinct()
            .toList();

    assertThat(shown)
        .contains("entente_broker_attestations_total", "entente_agent_streams")
        .allSatisfy(name -> assertThat(list).contains('`' + name + '`'));
  }

  /// Creates the entry of a workload with that name and its own executable.
  private static String register(String name, String... more) {
    var selector = WorkloadProcess.selector(SANDBOX, name);
    var command = new ArrayList<>(List.of("entry", "create", "-o", "json"));
    command.addAll(List.of("--parent-id", NODE, "--spiffe-id", "spiffe://td.example/" + name));
    command.addAll(List.of("--selector", selector));
    command.addAll(List.of(more));
    return cli.run(command.toArray(String[]::new)).json("id");
  }

  private static WorkloadProcess workload(String name) {
    return WorkloadProcess.start(SANDBOX, name, agent.socket());
  }

  private static Instant in(Duration duration) {
    return Instant.now().plus(duration);
  }

  private static String header(String token) {
    var first = token.substring(0, token.indexOf('.'));
    return new String(Base64.getUrlDecoder().decode(first), StandardCharsets.UTF_8);
  }
}
