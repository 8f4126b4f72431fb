package dev.entente.systemtests;

import static dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Two hundred streams of clients that others wrote, SVIDs that live a minute, and a broker that is
/// restarted again and again.
///
/// `-Dentente.soak=PT30M` for the full form, which also looks at memory, and holds half of the
/// streams with go-spiffe where Go is. First, because it mostly waits and others can run beside it.
@Order(1)
@DisplayName("Two hundred streams")
final class SoakIT {
  private static final Duration LENGTH = Duration.parse(System.getProperty("entente.soak", "PT2M"));
  private static final int PROCESSES = 4;
  private static final Duration X509_TTL = Duration.ofSeconds(60);
  private static final Duration AUTHORITY_TTL = Duration.ofMinutes(10);

  /// Below this an authority does not reach its end, and memory says nothing.
  private static final Duration FULL_FORM = AUTHORITY_TTL.multipliedBy(3);

  private static final Duration RESTART_EVERY = shorter(Duration.ofMinutes(3), LENGTH.dividedBy(3));
  private static final Duration LOOK_EVERY = Duration.ofSeconds(15);

  /// Half of an SVID's life, and what a busy machine takes.
  private static final Duration ISSUES_WITHIN = Duration.ofSeconds(90);

  private static final Pattern ISSUED =
      Pattern.compile("entente_broker_svids_issued_total\\{kind=\"x509\"} (\\S+)");

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private final List<ProcessFigures> agentLooks = new ArrayList<>();
  private final List<ProcessFigures> brokerLooks = new ArrayList<>();
  private long begunNanos;
  private int restarts;

  @Test
  void areServedThroughRotationsAndRestarts() {
    var broker =
        new BrokerProcess(sandbox, "broker")
            .with("ca: {ttl: %ds}".formatted(AUTHORITY_TTL.toSeconds()))
            .with(
                "svid: {x509-ttl: %ds, jwt-ttl: 30s, agent-ttl: 90s}".formatted(seconds(X509_TTL)))
            // Else an authority would have to live for longer.
            .with("refresh-hint: 1m\noidc-lead: 0s")
            .start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var streams = new HeldStreams(holders(broker, token, agent));
    streams.open();
    begunNanos = System.nanoTime();

    if (isFullForm()) {
      soak(LENGTH, broker, agent, streams);
    } else {
      // Known for half of the time before it signs: no reader can have missed it.
      var next = prepared(broker);
      soak(LENGTH.dividedBy(2), broker, agent, streams);
      broker.admin().activateNow(AUTHORITY_KIND_X509, next);
      soak(LENGTH, broker, agent, streams);
    }

    streams.await("rotations", LENGTH.dividedBy(X509_TTL) - 1);
    streams.await("issuers", Math.max(2, LENGTH.dividedBy(AUTHORITY_TTL)));
    streams.await("tokens", LENGTH.dividedBy(X509_TTL));
    var checks = streams.least("checks");
    System.out.printf(
        "Soak: %s, %d restarts, %d processes with %d streams, each stream at least %d rotations by"
            + " %d authorities, each process at least %d checks and %d tokens%n",
        LENGTH,
        restarts,
        PROCESSES,
        HeldStreams.PER_PROCESS,
        streams.least("rotations"),
        streams.least("issuers"),
        checks,
        streams.least("tokens"));
    assertThat(checks).isGreaterThan(seconds(LENGTH) * HeldStreams.PER_PROCESS / 2);
    assertThat(restarts).isGreaterThanOrEqualTo((int) LENGTH.dividedBy(RESTART_EVERY) - 1);
    assertThat(agent.running().output()).doesNotContain(" ERROR ");
    if (isFullForm()) {
      print("agent", agentLooks);
      print("broker", brokerLooks);
      requireSteady(agentLooks);
      requireSteady(brokerLooks);
    }
  }

  private static boolean isFullForm() {
    return LENGTH.compareTo(FULL_FORM) >= 0;
  }

  private static long seconds(Duration duration) {
    return duration.toSeconds();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /// Half of them in Go where that can be: only in the full form, so that the short one does not
  /// depend on a compiler.
  private List<WorkloadProcess> holders(BrokerProcess broker, String token, AgentProcess agent) {
    var parent = "/spire/agent/join_token/" + token;
    var inGo = isFullForm() && Peer.GO.missing().isEmpty() ? PROCESSES / 2 : 0;
    var names = IntStream.range(0, PROCESSES).mapToObj(i -> "holder-" + i).toList();
    var inJava = names.subList(inGo, PROCESSES);
    inJava.forEach(name ->
        broker
            .admin()
            .createEntry(
                AdminApi.entry(parent, "/" + name, WorkloadProcess.selector(sandbox, name))
                    .build()));
    var holders = new ArrayList<WorkloadProcess>();
    inJava.forEach(name -> holders.add(WorkloadProcess.start(sandbox, name, agent.socket())));
    if (inGo > 0) {
      var go = CompiledWorkload.go(sandbox);
      for (var name : names.subList(0, inGo)) {
        broker.admin().createEntry(AdminApi.entry(parent, "/" + name, go.selector(name)).build());
        holders.add(go.start(name, agent.socket()));
      }
    }
    return holders;
  }

  private static String prepared(BrokerProcess broker) {
    return broker
        .admin()
        .ask(
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority()
        .getAuthorityId();
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begunNanos);
  }

  /// Looks again and again, and restarts the broker when it is time, until that much has passed
  /// since the beginning.
  private void soak(Duration until, BrokerProcess broker, AgentProcess agent, HeldStreams streams) {
    while (elapsed().compareTo(until) < 0) {
      var next = shorter(elapsed().plus(LOOK_EVERY), until);
      Await.until("time to look", LENGTH, () -> elapsed().compareTo(next) >= 0);
      agent.running().ensureAlive();
      streams.requireNoProblem();
      if (isFullForm()) {
        agentLooks.add(look("agent", agent.running()));
      }
      if (elapsed().compareTo(RESTART_EVERY.multipliedBy(restarts + 1L)) >= 0
          && elapsed().compareTo(LENGTH) < 0) {
        restart(broker);
      }
    }
  }

  private ProcessFigures look(String name, Launched process) {
    var figures = ProcessFigures.of(sandbox, process.pid());
    System.out.println(
        "Soak: " + Duration.ofSeconds(elapsed().toSeconds()) + " " + name + " " + figures);
    return figures;
  }

  /// Stops it and kills it in turns. That the next one is another shows in its figures, which begin
  /// at zero: it has issued something when they grew.
  private void restart(BrokerProcess broker) {
    if (isFullForm()) {
      brokerLooks.add(look("broker", broker.running()));
    }
    var before = broker.running().pid();
    if (restarts % 2 == 0) {
      assertThat(broker.stop()).isZero();
    } else {
      broker.kill();
    }
    broker.start();
    assertThat(broker.running().pid()).isNotEqualTo(before);
    Await.until("an SVID of the broker that came back", ISSUES_WITHIN, () -> issued(broker) > 0);
    restarts++;
  }

  private static double issued(BrokerProcess broker) {
    var found = ISSUED.matcher(broker.metrics());
    return found.find() ? Double.parseDouble(found.group(1)) : 0;
  }

  /// All before one is judged: a run takes long.
  private static void print(String name, List<ProcessFigures> looks) {
    var first = firstThird(looks);
    var last = lastThird(looks);
    System.out.printf(
        "Soak: %s, median of %d looks in the first third and in the last: live heap %d and %d KiB,"
            + " resident %d and %d KiB, threads %d and %d, descriptors %d and %d%n",
        name,
        first.size(),
        ProcessFigures.median(first, ProcessFigures::liveHeapKib),
        ProcessFigures.median(last, ProcessFigures::liveHeapKib),
        ProcessFigures.median(first, ProcessFigures::residentKib),
        ProcessFigures.median(last, ProcessFigures::residentKib),
        ProcessFigures.median(first, ProcessFigures::threads),
        ProcessFigures.median(last, ProcessFigures::threads),
        ProcessFigures.median(first, ProcessFigures::descriptors),
        ProcessFigures.median(last, ProcessFigures::descriptors));
  }

  private static List<ProcessFigures> firstThird(List<ProcessFigures> looks) {
    return looks.subList(0, looks.size() / 3);
  }

  private static List<ProcessFigures> lastThird(List<ProcessFigures> looks) {
    return looks.subList(looks.size() - looks.size() / 3, looks.size());
  }

  /// Compares what a process had in the first third of the looks and in the last. A broker is
  /// looked at when its life ends, so that all are of one age.
  private static void requireSteady(List<ProcessFigures> looks) {
    var first = firstThird(looks);
    var last = lastThird(looks);
    requireNoGrowth(first, last, ProcessFigures::liveHeapKib);
    requireNoGrowth(first, last, ProcessFigures::residentKib);
    assertThat(ProcessFigures.median(last, ProcessFigures::threads))
        .isEqualTo(ProcessFigures.median(first, ProcessFigures::threads));
    assertThat(ProcessFigures.median(last, ProcessFigures::descriptors))
        .isEqualTo(ProcessFigures.median(first, ProcessFigures::descriptors));
  }

  private static void requireNoGrowth(
      List<ProcessFigures> first,
      List<ProcessFigures> last,
      ToLongFunction<ProcessFigures> figure) {
    assertThat(ProcessFigures.median(last, figure) * 100)
        .isLessThanOrEqualTo(ProcessFigures.median(first, figure) * 105);
  }
}
