package dev.entente.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/// Measures a fleet that starts at one instant: how long until each of its nodes is attested, when
/// the cloud is asked twice for each and takes its time, and what the agents notice that are there
/// already.
///
/// Several fleets come, one after the other, each of nodes that were never there before. The first
/// finds a broker that has just started; of the others the median counts.
public final class FleetMeasurement {
  /// Until what preparing a fleet has stirred up is quiet again.
  private static final Duration CALM = Duration.ofSeconds(3);

  private static final Map<String, String> ARGUMENTS =
      Map.ofEntries(
          Map.entry("distribution", "cli/target/dist/entente"),
          Map.entry("nodes", "500"),
          Map.entry("addresses", "16"),
          Map.entry("cloud-millis", "200"),
          Map.entry("agents", "45"),
          Map.entry("agent-processes", "5"),
          Map.entry("calls-per-second", "2"),
          Map.entry("warm-up", "20"),
          Map.entry("seconds", "20"),
          Map.entry("fleets", "3"),
          Map.entry("java-options", ""));

  private final Arguments arguments;
  private final BrokerProcess broker;
  private final AwsCloud cloud;
  private final FleetProcess nodes;
  private final Bystanders bystanders;
  private final Lateness lateness;

  /// What one fleet did, and what others noticed of it.
  ///
  /// @param cpu the broker's processor time
  /// @param late of who measures
  private record Round(
      FleetProcess.Stampede stampede,
      Duration cpu,
      Bystanders.Latencies latencies,
      Histogram late) {}

  private FleetMeasurement(
      Arguments arguments,
      BrokerProcess broker,
      AwsCloud cloud,
      FleetProcess nodes,
      Bystanders bystanders,
      Lateness lateness) {
    this.arguments = arguments;
    this.broker = broker;
    this.cloud = cloud;
    this.nodes = nodes;
    this.bystanders = bystanders;
    this.lateness = lateness;
  }

  /// Runs with `--name value` pairs; docs/benchmarks.md has them.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, FleetMeasurement::run);
  }

  private static void run(Arguments arguments, Report report) {
    var directory = Directories.makeTemporary();
    var vertx = Programs.vertx(2);
    var distribution = arguments.path("distribution");
    var every = Duration.ofSeconds(1).dividedBy(arguments.number("calls-per-second"));
    try (var cloud = new AwsCloud(Duration.ofMillis(arguments.number("cloud-millis")));
        var broker =
            BrokerProcess.start(
                distribution,
                directory,
                cloud.attestors(directory),
                arguments.text("java-options"),
                vertx);
        var nodes = FleetProcess.start(broker, directory, arguments.number("addresses"));
        var bystanders = new Bystanders(vertx, broker, every)) {
      bystanders.startProcesses(distribution, directory, arguments.number("agent-processes"));
      bystanders.startConnections(arguments.number("agents"));
      var lateness = Lateness.of(vertx);
      new FleetMeasurement(arguments, broker, cloud, nodes, bystanders, lateness).run(report);
      Report.say("the cloud was asked " + cloud.calls() + " times");
    }
    Directories.delete(directory);
  }

  private void run(Report report) {
    Pause.of(arguments.seconds("warm-up"));
    var cold = round();
    Pause.of(CALM);
    var _ = bystanders.take();
    var _ = lateness.take();
    Pause.of(arguments.seconds("seconds"));
    var idle = bystanders.take();
    var idleLate = lateness.take();
    List<Round> warm = new ArrayList<>();
    for (var i = 0; i < arguments.number("fleets"); i++) {
      warm.add(round());
    }
    tell(report, cold, warm);
    var meanwhile = sum(warm);
    tell(report, "idle", idle, false);
    tell(report, "during a cold broker's fleet", cold.latencies(), false);
    tell(report, "during a fleet", meanwhile, true);
    report.latency("late is who measures, idle", idleLate, "");
    report.latency("late is who measures, during a fleet", late(warm), "");
  }

  private Round round() {
    nodes.prepare(cloud.start(arguments.number("nodes")));
    Pause.of(CALM);
    var _ = bystanders.take();
    var _ = lateness.take();
    var cpu = ProcessFigures.cpu(broker.pid());
    var stampede = nodes.attest();
    var round =
        new Round(
            stampede,
            ProcessFigures.cpu(broker.pid()).minus(cpu),
            bystanders.take(),
            lateness.take());
    Report.say(
        Report.text(
            "a fleet took %,d ms, and %,d ms of the broker's processor time",
            stampede.time().toMillis(), round.cpu().toMillis()));
    return round;
  }

  private static Bystanders.Latencies sum(List<Round> rounds) {
    var sum = rounds.getFirst().latencies();
    rounds.stream().skip(1).map(Round::latencies).forEach(sum::add);
    return sum;
  }

  private static Histogram late(List<Round> rounds) {
    var sum = rounds.getFirst().late();
    rounds.stream().skip(1).map(Round::late).forEach(sum::add);
    return sum;
  }

  private void tell(Report report, Round cold, List<Round> warm) {
    var what =
        Report.text(
            "%,d nodes attested by two calls of %d ms, from %d addresses",
            arguments.number("nodes"),
            arguments.number("cloud-millis"),
            arguments.number("addresses"));
    report.times(what, warm.stream().map(round -> round.stampede().time()).toList(), "10 s");
    report.times("the first time after the broker's start", List.of(cold.stampede().time()), "");
    report.times("the broker's processor time for it", warm.stream().map(Round::cpu).toList(), "");
    report.row(
        "answered Unavailable meanwhile",
        Report.text(
            "%,d times",
            cold.stampede().unavailable()
                + warm.stream().mapToLong(round -> round.stampede().unavailable()).sum()),
        "none");
  }

  private static void tell(
      Report report, String when, Bystanders.Latencies latencies, boolean judged) {
    var aim = judged ? "p99 twice the idle one" : "";
    report.latency("an agent's entries, " + when, latencies.sync(), aim);
    report.latency("a NewJWTSVID, " + when, latencies.jwt(), aim);
    report.latency("a FetchJWTSVID of the Workload API, " + when, latencies.workloads(), aim);
  }
}
