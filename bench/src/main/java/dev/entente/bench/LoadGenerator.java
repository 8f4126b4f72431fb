package dev.entente.bench;

import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Measures what a broker of the shipped distribution issues over its whole path: mutual TLS,
/// authorisation, the entry in the agent's set, the CSR verified, the audit record on disk, default
/// limits, the store on disk.
///
/// 1. Start a broker with an empty store.
/// 2. Attest the agents with join tokens, create the entries, let each agent read its set.
/// 3. BatchNewX509SVID in batches of 100, one under way for each agent.
/// 4. NewJWTSVID, one ES256 token a call.
/// 5. Ten batches of 500 under way, and beside them NewJWTSVID at a steady rate: how long does it
///    wait?
/// 6. Stop the broker and start it again: how long until it issues, with all these entries?
public final class LoadGenerator {
  private static final int BATCH = 100;
  private static final int LARGE_BATCH = 500;
  private static final int LARGE_BATCHES_IN_FLIGHT = 10;

  /// Two hundred calls a second: enough for a p99 within a minute, few enough to be no load.
  private static final Duration PROBE_EVERY = Duration.ofMillis(5);

  private static final Duration SYNC_LIMIT = Duration.ofMinutes(1);

  private static final Map<String, String> ARGUMENTS =
      Map.of(
          "distribution", "cli/target/dist/entente",
          "agents", "20",
          "entries", "100000",
          "warm-up", "30",
          "seconds", "60",
          "repeats", "5",
          "jwt-in-flight", "8",
          "java-options", "",
          "only", "x509,jwt,mix,restart");

  private final Arguments arguments;
  private final Report report;
  private final BrokerProcess broker;
  private final List<BenchAgent> agents;
  private final List<List<String>> entries;
  private final List<byte[]> requests;

  private LoadGenerator(Arguments arguments, Report report, BrokerProcess broker) {
    this.arguments = arguments;
    this.report = report;
    this.broker = broker;
    this.agents = BenchAgent.attest(broker, arguments.number("agents"));
    Report.say(agents.size() + " agents attested");
    this.entries = registered();
    this.requests = CertificateRequests.make(LARGE_BATCH);
  }

  /// Runs with `--name value` pairs; docs/benchmarks.md has them.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, LoadGenerator::run);
  }

  private static void run(Arguments arguments, Report report) {
    var directory = Directories.makeTemporary();
    Vertx vertx = Programs.vertx(2);
    try (var broker =
        BrokerProcess.start(
            arguments.path("distribution"), directory, arguments.text("java-options"), vertx)) {
      new LoadGenerator(arguments, report, broker).run();
    }
    Directories.delete(directory);
  }

  private List<List<String>> registered() {
    var count = arguments.number("entries");
    var began = System.nanoTime();
    var ids =
        Registrations.create(broker.admin(), agents.stream().map(BenchAgent::id).toList(), count);
    var seconds = (System.nanoTime() - began) / 1e9;
    report.row(
        "entries written in batches of 50",
        Report.text("%,.0f a second (%,d in all)", count / seconds, count),
        "5,000 a second");
    for (var i = 0; i < agents.size(); i++) {
      synchronize(agents.get(i), Set.copyOf(ids.get(i)));
    }
    return ids;
  }

  /// What an agent reads has to be what was written for it.
  private static void synchronize(BenchAgent agent, Set<String> expected) {
    var entries = Questions.entries();
    var answer =
        Answers.of(
            agent.client().unary(entries.method(), entries.requests().getFirst(), SYNC_LIMIT));
    if (answer.getEntriesCount() != expected.size()) {
      throw new IllegalStateException(
          "an agent has " + answer.getEntriesCount() + " entries, not " + expected.size());
    }
  }

  private void run() {
    var only = Set.of(arguments.text("only").split(","));
    if (only.contains("x509")) {
      measureX509();
    }
    if (only.contains("jwt")) {
      measureJwt();
    }
    if (only.contains("mix")) {
      measureMix();
    }
    if (only.contains("restart")) {
      measureRestart();
    }
    agents.forEach(agent -> Answers.of(agent.client().close()));
  }

  private void measureX509() {
    var tally = new Tally();
    List<ClosedLoop<?, ?>> loops = new ArrayList<>();
    for (var i = 0; i < agents.size(); i++) {
      loops.add(new ClosedLoop<>(agents.get(i).client(), x509(i, BATCH), tally).start(1));
    }
    report.rate("X.509-SVIDs in batches of 100, full path", windows(tally), "12,000");
    report.latency("a batch of 100", tally.takeLatency(), "");
    loops.forEach(ClosedLoop::close);
    settle();
  }

  private void measureJwt() {
    var tally = new Tally();
    List<ClosedLoop<?, ?>> loops = new ArrayList<>();
    for (var i = 0; i < agents.size(); i++) {
      var loop = new ClosedLoop<>(agents.get(i).client(), jwt(i), tally);
      loops.add(loop.start(arguments.number("jwt-in-flight")));
    }
    report.rate("NewJWTSVID ES256, single calls, full path", windows(tally), "25,000");
    report.latency("a NewJWTSVID of them", tally.takeLatency(), "");
    loops.forEach(ClosedLoop::close);
    settle();
  }

  private void measureMix() {
    var batches = new Tally();
    var probes = new Tally();
    List<ClosedLoop<?, ?>> loops = new ArrayList<>();
    for (var i = 0; i < LARGE_BATCHES_IN_FLIGHT; i++) {
      var agent = i % (agents.size() - 1);
      loops.add(
          new ClosedLoop<>(agents.get(agent).client(), x509(agent, LARGE_BATCH), batches).start(1));
    }
    // A loop of its own: what waits behind the batches' answers in here is not the broker's.
    var last = agents.size() - 1;
    var apart = Programs.vertx(1);
    var prober = broker.client(apart, Optional.of(agents.get(last).identity()));
    var probe = new SteadyCalls<>(apart, prober, jwt(last), PROBE_EVERY, probes).start();
    Pause.of(arguments.seconds("warm-up"));
    var _ = probes.takeLatency();
    var windows =
        Window.measure(
            broker.pid(), batches, arguments.seconds("seconds"), arguments.number("repeats"));
    report.latency(
        "NewJWTSVID beside 10 batches of 500 in flight", probes.takeLatency(), "p99 5 ms");
    report.rate("X.509-SVIDs meanwhile", windows, "");
    probe.close();
    loops.forEach(ClosedLoop::close);
    settle();
    probes.requireNoRefusal();
    Answers.of(prober.close());
    Answers.of(apart.close());
  }

  private void measureRestart() {
    var agent = agents.getFirst();
    var request = jwt(0).requests().getFirst();
    broker.stop();
    var began = System.nanoTime();
    broker.startAgain();
    Until.answered(() -> agent.client().unary(SVIDGrpcClient.NewJWTSVID, request, SYNC_LIMIT));
    report.times(
        Report.text("broker restart with %,d entries until it issues", arguments.number("entries")),
        List.of(Duration.ofNanos(System.nanoTime() - began)),
        "30 s for 1,000,000 entries");
  }

  private List<Window> windows(Tally tally) {
    Pause.of(arguments.seconds("warm-up"));
    var _ = tally.takeLatency();
    return Window.measure(
        broker.pid(), tally, arguments.seconds("seconds"), arguments.number("repeats"));
  }

  /// What is still under way ends before the next measurement begins.
  private static void settle() {
    Pause.of(Duration.ofSeconds(2));
  }

  /// Batches for other entries each time, with requests made beforehand.
  private ClosedLoop.Kind<BatchNewX509SVIDRequest, BatchNewX509SVIDResponse> x509(
      int agent, int size) {
    var own = entries.get(agent);
    var batches = Math.max(1, LARGE_BATCH / size);
    return new ClosedLoop.Kind<>(
        SVIDGrpcClient.BatchNewX509SVID,
        IntStream.range(0, batches).mapToObj(i -> batch(own, i * size, size)).toList(),
        size,
        LoadGenerator::issued);
  }

  private BatchNewX509SVIDRequest batch(List<String> own, int from, int size) {
    var batch = BatchNewX509SVIDRequest.newBuilder();
    for (var i = from; i < from + size; i++) {
      batch.addParams(
          NewX509SVIDParams.newBuilder()
              .setEntryId(own.get(i % own.size()))
              .setCsr(BrokerProcess.bytes(requests.get(i % requests.size()))));
    }
    return batch.build();
  }

  private static int issued(BatchNewX509SVIDResponse answer) {
    return (int)
        answer.getResultsList().stream()
            .filter(result -> result.getStatus().getCode() == 0 && result.hasSvid())
            .count();
  }

  private ClosedLoop.Kind<NewJWTSVIDRequest, NewJWTSVIDResponse> jwt(int agent) {
    return Questions.jwt(entries.get(agent).stream().limit(LARGE_BATCH).toList());
  }
}
