package dev.entente.bench;

import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.TestIdentityDocuments;
import dev.entente.wire.spire.types.AttestationData;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// Measures a fleet that starts at one instant: how long until each of its nodes is attested, when
/// the cloud is asked twice for each and takes its time, and what the agents notice that are there
/// already.
///
/// The nodes show identity documents of EC2, and come from several addresses. What stands in for
/// EC2 and IAM answers after `cloud-millis`.
public final class FleetMeasurement {
  private static final String REGION = "us-west-2";
  private static final int ENTRIES_PER_AGENT = 20;

  private static final Map<String, String> ARGUMENTS =
      Map.of(
          "distribution", "cli/target/dist/entente",
          "nodes", "500",
          "addresses", "16",
          "cloud-millis", "200",
          "agents", "50",
          "calls-per-second", "2",
          "warm-up", "10",
          "seconds", "20",
          "java-options", "");

  private final Arguments arguments;
  private final Vertx vertx;
  private final BrokerProcess broker;
  private final List<Node> nodes;
  private final Tally sync = new Tally();
  private final Tally jwt = new Tally();

  /// A node that is about to attest.
  ///
  /// @param client its connection, not yet made
  private record Node(RpcClient client, AttestationData evidence, byte[] request) {}

  private FleetMeasurement(
      Arguments arguments, Vertx vertx, BrokerProcess broker, List<Node> nodes) {
    this.arguments = arguments;
    this.vertx = vertx;
    this.broker = broker;
    this.nodes = nodes;
  }

  /// Runs with `--name value` pairs; docs/benchmarks.md has them.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, FleetMeasurement::run);
  }

  private static void run(Arguments arguments, Report report) {
    var directory = Directories.makeTemporary();
    var vertx = Programs.vertx(2);
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    var documents = TestIdentityDocuments.of(REGION, now);
    try (var aws = new FakeAws();
        var broker =
            BrokerProcess.start(
                arguments.path("distribution"),
                directory,
                attestor(directory, documents, aws),
                arguments.text("java-options"),
                vertx)) {
      aws.answerAfter(Duration.ofMillis(arguments.number("cloud-millis")));
      var nodes = nodes(arguments, vertx, broker, documents, aws, now);
      new FleetMeasurement(arguments, vertx, broker, nodes).run(report);
      Report.say("the cloud was asked " + aws.calls().size() + " times");
    }
    Directories.delete(directory);
  }

  private static String attestor(Path directory, TestIdentityDocuments documents, FakeAws aws) {
    var certificates = Directories.make(directory.resolve("aws"));
    Directories.write(
        certificates.resolve(REGION + ".pem"),
        Pem.encodeCertificates(List.of(documents.certificate())));
    return """
    attestors:
      join_token: {}
      aws_iid:
        account-ids: ["%s"]
        identity-certificates: %s
        api-endpoint: %s
        access-key-id: AKIATEST
        secret-access-key: secret
    """
        .formatted(FakeAws.OWN_ACCOUNT, certificates, aws.endpoint());
  }

  private static List<Node> nodes(
      Arguments arguments,
      Vertx vertx,
      BrokerProcess broker,
      TestIdentityDocuments documents,
      FakeAws aws,
      Instant now) {
    var bundle = broker.bundle();
    var ways =
        IntStream.range(0, arguments.number("addresses"))
            .mapToObj(i -> OtherAddress.open(vertx, "127.0.1." + (i + 1), broker.port()))
            .toList();
    return IntStream.range(0, arguments.number("nodes"))
        .mapToObj(i -> {
          var instance = Report.text("i-%017x", i);
          aws.put(FakeAws.Machine.running(FakeAws.OWN_ACCOUNT, instance, now));
          var document = documents.document(FakeAws.OWN_ACCOUNT, instance, now);
          return node(broker, bundle, ways.get(i % ways.size()), documents, document);
        })
        .toList();
  }

  private static Node node(
      BrokerProcess broker,
      SpiffeBundle bundle,
      OtherAddress way,
      TestIdentityDocuments documents,
      String document) {
    var payload =
        new JsonObject()
            .put("document", document)
            .put("signature", documents.signature(document))
            .put("rsa2048", documents.rsa2048(document));
    return new Node(
        broker.client(bundle, Optional.empty(), way.port()),
        AttestationData.newBuilder()
            .setType("aws_iid")
            .setPayload(BrokerProcess.bytes(payload.toBuffer().getBytes()))
            .build(),
        CertificateRequests.der(KeyAlgorithm.EC_P256.generate()));
  }

  private void run(Report report) {
    var agents = BenchAgent.attest(broker, arguments.number("agents"));
    var entries =
        Registrations.create(
            broker.admin(),
            agents.stream().map(BenchAgent::id).toList(),
            agents.size() * ENTRIES_PER_AGENT);
    Report.say(agents.size() + " agents attested, " + nodes.size() + " nodes are about to");
    List<SteadyCalls<?, ?>> calls = new ArrayList<>();
    var every = Duration.ofSeconds(1).dividedBy(arguments.number("calls-per-second"));
    var apart = every.dividedBy(agents.size());
    for (var i = 0; i < agents.size(); i++) {
      Pause.of(apart);
      var client = agents.get(i).client();
      calls.add(new SteadyCalls<>(vertx, client, Questions.entries(), every, sync).start());
      calls.add(
          new SteadyCalls<>(vertx, client, Questions.jwt(entries.get(i)), every, jwt).start());
    }
    Pause.of(arguments.seconds("warm-up"));
    forget();
    Pause.of(arguments.seconds("seconds"));
    tell(report, "idle");
    attest(report);
    tell(report, "meanwhile");
    calls.forEach(SteadyCalls::close);
    sync.requireNoRefusal();
    jwt.requireNoRefusal();
    nodes.forEach(node -> Answers.of(node.client().close()));
    agents.forEach(agent -> Answers.of(agent.client().close()));
  }

  private void forget() {
    var _ = sync.takeLatency();
    var _ = jwt.takeLatency();
  }

  private void tell(Report report, String when) {
    report.latency("an agent's entries, " + when, sync.takeLatency(), "");
    report.latency("a NewJWTSVID, " + when, jwt.takeLatency(), "p99 twice the idle one");
  }

  private void attest(Report report) {
    var busy = new AtomicInteger();
    var began = System.nanoTime();
    Answers.of(Future.all(nodes.stream().map(node -> attest(node, busy)).toList()));
    report.times(
        Report.text(
            "%,d nodes attested by two calls of %d ms, from %d addresses",
            nodes.size(), arguments.number("cloud-millis"), arguments.number("addresses")),
        List.of(Duration.ofNanos(System.nanoTime() - began)),
        "10 s");
    report.row("answered Unavailable meanwhile", Report.text("%,d times", busy.get()), "none");
  }

  /// Until it is attested: who is told to come back does.
  private Future<Void> attest(Node node, AtomicInteger busy) {
    return BenchAgent.ask(node.client(), node.evidence(), node.request())
        .<Void>mapEmpty()
        .recover(refused -> {
          if (refused instanceof RpcException e && e.code() == GrpcStatus.UNAVAILABLE) {
            busy.incrementAndGet();
            return vertx.timer(1, TimeUnit.SECONDS).compose(_ -> attest(node, busy));
          }
          return Future.failedFuture(refused);
        });
  }
}
