package dev.entente.bench;

import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryResponse;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Measures how long it takes from the answer to an entry's creation until a workload in another
/// process holds the bytes of its SVID.
///
/// Real agents of the distribution, each with several open FetchX509SVID streams, below a broker
/// that holds many other entries. Every write goes to the next agent; what an agent got before is
/// deleted again, so that its set stays small. Each stream that reads the new SVID counts once.
public final class LatencyMeasurement {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

  /// What has not arrived by then is lost.
  private static final Duration ARRIVAL_LIMIT = Duration.ofSeconds(20);

  private static final Map<String, String> ARGUMENTS =
      Map.of(
          "distribution", "cli/target/dist/entente",
          "agents", "10",
          "streams", "10",
          "entries", "100000",
          "writes-per-second", "50",
          "warm-up", "20",
          "seconds", "60",
          "java-options", "");

  private final Arguments arguments;
  private final Path directory;
  private final Vertx vertx;
  private final BrokerProcess broker;
  private final Tally tally = new Tally();
  private final List<AgentProcess> agents = new ArrayList<>();
  private final List<SPIFFEID> ids = new ArrayList<>();
  private final List<WorkloadStream> streams = new ArrayList<>();

  /// When the entry with this SPIFFE ID was sent; written before the request.
  private final Map<String, Long> sent = new ConcurrentHashMap<>();

  /// The entry an agent has now, by agent.
  private final Map<Integer, String> current = new ConcurrentHashMap<>();

  private LatencyMeasurement(
      Arguments arguments, Path directory, Vertx vertx, BrokerProcess broker) {
    this.arguments = arguments;
    this.directory = directory;
    this.vertx = vertx;
    this.broker = broker;
  }

  /// Runs with `--name value` pairs; docs/benchmarks.md has them.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, LatencyMeasurement::run);
  }

  private static void run(Arguments arguments, Report report) {
    var directory = Directories.makeTemporary();
    var vertx = Programs.vertx(2);
    try (var broker =
        BrokerProcess.start(
            arguments.path("distribution"), directory, arguments.text("java-options"), vertx)) {
      var measurement = new LatencyMeasurement(arguments, directory, vertx, broker);
      try {
        measurement.run(report);
      } finally {
        measurement.streams.forEach(WorkloadStream::close);
        measurement.agents.forEach(AgentProcess::close);
      }
    }
    Directories.delete(directory);
  }

  private void run(Report report) {
    for (var i = 0; i < arguments.number("agents"); i++) {
      startAgent(i);
    }
    Report.say(agents.size() + " agents run");
    Registrations.fill(broker.admin(), arguments.number("entries"));
    agents.forEach(this::openStreams);
    write(arguments.seconds("warm-up"));
    var _ = tally.takeLatency();
    var begun = tally.operations();
    var writes = write(arguments.seconds("seconds"));
    var expected = (long) writes * arguments.number("streams");
    awaitArrivals(begun + expected);
    tally.requireNoRefusal();
    report.latency(
        Report.text(
            "entry sent to SVID read, %d agents x %d streams, %d entries, %d writes a second",
            agents.size(),
            arguments.number("streams"),
            arguments.number("entries"),
            arguments.number("writes-per-second")),
        tally.takeLatency(),
        "p99 100 ms (100 agents)");
    if (tally.operations() - begun < expected) {
      report.row(
          "never read, superseded within a message or lost",
          Report.text("%,d of %,d", begun + expected - tally.operations(), expected),
          "");
    }
  }

  private void startAgent(int number) {
    var before = AgentProcess.known(broker);
    var agent =
        AgentProcess.start(
            arguments.path("distribution"), directory.resolve("agent" + number), "", broker);
    agents.add(agent);
    ids.add(agent.awaitAttested(broker, before));
  }

  private void openStreams(AgentProcess agent) {
    for (var i = 0; i < arguments.number("streams"); i++) {
      Set<String> seen = new HashSet<>();
      streams.add(
          new WorkloadStream(vertx, agent.socket(), answer -> arrived(seen, answer)).open());
    }
  }

  /// @param seen the SPIFFE IDs this stream has shown; touched by its event loop only
  private void arrived(Set<String> seen, X509SVIDResponse answer) {
    var now = System.nanoTime();
    for (var svid : answer.getSvidsList()) {
      var began = Optional.ofNullable(sent.get(svid.getSpiffeId()));
      if (began.isPresent() && !svid.getX509Svid().isEmpty() && seen.add(svid.getSpiffeId())) {
        tally.answered(1, 0, now - began.get());
      }
    }
  }

  /// Writes at the wanted rate, creations and deletions counted alike; says how many it created.
  private int write(Duration time) {
    var pause = Duration.ofSeconds(1).dividedBy(arguments.number("writes-per-second")).toNanos();
    var began = System.nanoTime();
    var created = 0;
    for (var step = 0; System.nanoTime() - began < time.toNanos(); step += 2) {
      var agent = created % agents.size();
      delete(agent);
      waitUntil(began + (step + 1) * pause);
      create(agent, "/bench/latency/" + began + "/" + created);
      created++;
      waitUntil(began + (step + 2) * pause);
    }
    return created;
  }

  private static void waitUntil(long nanoTime) {
    var left = nanoTime - System.nanoTime();
    if (left > 0) {
      Pause.of(Duration.ofNanos(left));
    }
  }

  private void create(int agent, String path) {
    sent.put("spiffe://" + SigningBench.DOMAIN + path, System.nanoTime());
    var request =
        BatchCreateEntryRequest.newBuilder()
            .addEntries(StartupMeasurement.entry(ids.get(agent), path))
            .build();
    broker
        .admin()
        .unary(EntryGrpcClient.BatchCreateEntry, request, CALL_LIMIT)
        .onSuccess(answer -> keep(agent, answer))
        .onFailure(tally::failed);
  }

  private void keep(int agent, BatchCreateEntryResponse answer) {
    var result = answer.getResults(0);
    if (result.getStatus().getCode() == 0) {
      current.put(agent, result.getEntry().getId());
    } else {
      tally.failed(new IllegalStateException(result.getStatus().getMessage()));
    }
  }

  private void delete(int agent) {
    Optional.ofNullable(current.remove(agent))
        .ifPresent(id ->
            broker
                .admin()
                .unary(
                    EntryGrpcClient.BatchDeleteEntry,
                    BatchDeleteEntryRequest.newBuilder().addIds(id).build(),
                    CALL_LIMIT)
                .onFailure(tally::failed));
  }

  private void awaitArrivals(long expected) {
    var until = System.nanoTime() + ARRIVAL_LIMIT.toNanos();
    while (tally.operations() < expected && System.nanoTime() < until) {
      Pause.of(Duration.ofMillis(100));
    }
  }
}
