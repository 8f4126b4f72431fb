package dev.entente.bench;

import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Measures how soon processes of the shipped distribution serve, as their clients see it, and what
/// an agent with a hundred SVIDs occupies.
///
/// A broker counts as started when an agent that was attested before is issued an X.509-SVID, an
/// agent when a process reads an X.509-SVID from its Workload API. The clock starts with the
/// launcher.
public final class StartupMeasurement {
  private static final int SVIDS = 100;
  private static final Duration CALL_LIMIT = Duration.ofSeconds(5);

  /// What an agent leaves behind after a burst is collected within a few seconds.
  private static final Duration CALM = Duration.ofSeconds(10);

  private static final double MIB = 1 << 20;

  private static final Map<String, String> ARGUMENTS =
      Map.of(
          "distribution", "cli/target/dist/entente",
          "repeats", "5",
          "java-options", "",
          "admin-command", "entry count");

  private final Arguments arguments;
  private final Report report;
  private final Path directory;
  private final Path distribution;
  private final Vertx vertx;

  private StartupMeasurement(Arguments arguments, Report report, Path directory, Vertx vertx) {
    this.arguments = arguments;
    this.report = report;
    this.directory = directory;
    this.distribution = arguments.path("distribution");
    this.vertx = vertx;
  }

  /// Runs with `--name value` pairs; docs/benchmarks.md has them.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, StartupMeasurement::run);
  }

  private static void run(Arguments arguments, Report report) {
    var directory = Directories.makeTemporary();
    var vertx = Programs.vertx(2);
    var measurement = new StartupMeasurement(arguments, report, directory, vertx);
    try (var broker =
        BrokerProcess.start(
            measurement.distribution, directory, arguments.text("java-options"), vertx)) {
      measurement.broker(broker);
      measurement.agent(broker);
      measurement.command(broker);
    }
    Directories.delete(directory);
  }

  private void broker(BrokerProcess broker) {
    var agent = BenchAgent.attest(broker, 1).getFirst();
    var entry = Registrations.create(broker.admin(), List.of(agent.id()), 1).getFirst().getFirst();
    var request =
        BatchNewX509SVIDRequest.newBuilder()
            .addParams(
                NewX509SVIDParams.newBuilder()
                    .setEntryId(entry)
                    .setCsr(BrokerProcess.bytes(CertificateRequests.make(1).getFirst())))
            .build();
    List<Duration> times = new ArrayList<>();
    for (var i = 0; i < arguments.number("repeats"); i++) {
      broker.stop();
      var began = System.nanoTime();
      broker.startAgain();
      awaitSvid(agent, request);
      times.add(Duration.ofNanos(System.nanoTime() - began));
    }
    report.times(
        "broker restart until an agent is issued an X.509-SVID"
            + cacheNote(ProcessFigures.usesAotCache(broker.pid())),
        times,
        "1,500 ms");
    Answers.of(agent.client().close());
  }

  private static void awaitSvid(BenchAgent agent, BatchNewX509SVIDRequest request) {
    var answer =
        Until.answered(
            () -> agent.client().unary(SVIDGrpcClient.BatchNewX509SVID, request, CALL_LIMIT));
    if (!answer.getResults(0).hasSvid()) {
      throw new IllegalStateException(answer.getResults(0).getStatus().getMessage());
    }
  }

  private void agent(BrokerProcess broker) {
    var before = AgentProcess.known(broker);
    try (var agent =
        AgentProcess.start(
            distribution, directory.resolve("agent"), arguments.text("java-options"), broker)) {
      var id = agent.awaitAttested(broker, before);
      register(broker, id, 0, 1);
      awaitSvids(agent, 1);
      List<Duration> times = new ArrayList<>();
      for (var i = 0; i < arguments.number("repeats"); i++) {
        agent.stop();
        var began = System.nanoTime();
        agent.startAgain();
        awaitSvids(agent, 1);
        times.add(Duration.ofNanos(System.nanoTime() - began));
      }
      report.times(
          "agent restart until a workload reads an X.509-SVID"
              + cacheNote(ProcessFigures.usesAotCache(agent.pid())),
          times,
          "600 ms");
      register(broker, id, 1, SVIDS);
      awaitSvids(agent, SVIDS);
      Pause.of(CALM);
      var resident = ProcessFigures.resident(agent.pid());
      report.row(
          "agent with 100 SVIDs, resident",
          Report.text(
              "%.0f MiB, of them %.0f of files", resident.all() / MIB, resident.files() / MIB),
          "110 MiB");
    }
  }

  private static String cacheNote(boolean used) {
    return used ? " (AOT cache in use)" : " (no AOT cache in use)";
  }

  /// Entries for every process of this user.
  static void register(BrokerProcess broker, SPIFFEID parent, int from, int to) {
    var request = BatchCreateEntryRequest.newBuilder();
    for (var i = from; i < to; i++) {
      request.addEntries(entry(parent, "/bench/workload" + i));
    }
    var answer =
        Answers.of(
            broker.admin().unary(EntryGrpcClient.BatchCreateEntry, request.build(), CALL_LIMIT));
    answer
        .getResultsList()
        .forEach(result -> {
          if (result.getStatus().getCode() != 0) {
            throw new IllegalStateException(result.getStatus().getMessage());
          }
        });
  }

  static Entry entry(SPIFFEID parent, String path) {
    return Entry.newBuilder()
        .setParentId(parent)
        .setSpiffeId(Registrations.id(path))
        .addSelectors(Registrations.selector("unix", "user:" + System.getProperty("user.name")))
        .build();
  }

  private void awaitSvids(AgentProcess agent, int count) {
    Promise<Boolean> there = Promise.promise();
    var stream =
        new WorkloadStream(
            vertx,
            agent.socket(),
            answer -> {
              if (answer.getSvidsCount() >= count) {
                there.tryComplete(true);
              }
            });
    try (stream) {
      var _ = stream.open();
      var _ = Answers.of(there.future());
    }
  }

  private void command(BrokerProcess broker) {
    var words =
        Stream.concat(
                Stream.of(arguments.text("admin-command").split(" ")),
                Stream.of("--socket", broker.socket().toString()))
            .toList();
    List<Duration> times = new ArrayList<>();
    for (var i = 0; i < arguments.number("repeats"); i++) {
      var began = System.nanoTime();
      var code = Launched.start(distribution, directory.resolve("command.log"), "", words).await();
      times.add(Duration.ofNanos(System.nanoTime() - began));
      if (code != 0) {
        throw new IllegalStateException(
            "entente " + String.join(" ", words) + " ended with code " + code);
      }
    }
    report.times("entente " + arguments.text("admin-command"), times, "250 ms");
  }
}
