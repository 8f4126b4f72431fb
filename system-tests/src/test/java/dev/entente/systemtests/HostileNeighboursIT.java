package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What others notice of a hostile client: the table of docs/benchmarks.md. A measurement, which
/// says nothing on a machine that does something else; so it runs where it is asked for only.
@Timeout(300)
@EnabledIfSystemProperty(
    named = "entente.hostile-seconds",
    matches = "\\d+",
    disabledReason = "a measurement; docs/benchmarks.md says how to run it")
@DisplayName("Beside hostile clients")
final class HostileNeighboursIT {
  /// In turn without and with the attack, so that what else the machine does is in both.
  private static final int ROUNDS = 3;

  private static final double AIM = 2.0;

  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static AttackedHost host;

  @BeforeAll
  static void start() {
    host = AttackedHost.start(SANDBOX);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void othersWaitNoMoreThanTwiceAsLong(AttackedListener listener, Hostility hostility) {
    var length = Duration.ofSeconds(Long.getLong("entente.hostile-seconds"));
    var target =
        new Hostility.Target(host.address(listener), network(listener, hostility), listener.call());
    var idle = new ArrayList<Long>();
    var attacked = new ArrayList<Long>();
    var rounds = 0L;
    try (var client = client(listener);
        var attack = Attack.of(SANDBOX, hostility, target)) {
      for (var i = 0; i < ROUNDS; i++) {
        idle.addAll(client.ask(length));
        attack.begin();
        attacked.addAll(client.ask(length));
        rounds += attack.end();
      }
    }
    var times = PatientClient.p99(attacked) / PatientClient.p99(idle);
    System.out.printf(
        Locale.ROOT,
        "Hostile: %s, %s: %s idle, %s while it was done %d times, p99 %.2f times%n",
        listener,
        hostility,
        PatientClient.summary(idle),
        PatientClient.summary(attacked),
        rounds,
        times);
    assertThat(times).isLessThanOrEqualTo(AIM);
  }

  /// An attacker over the network is cut off and remembered by its address, so each has some of its
  /// own; on a socket it is by its process.
  private static String network(AttackedListener listener, Hostility hostility) {
    var listeners = Arrays.asList(AttackedListener.values());
    var hostilities = Hostility.all().toList();
    return "127.%d.%d"
        .formatted(listeners.indexOf(listener) + 1, hostilities.indexOf(hostility) + 1);
  }

  /// Asks the smallest request that is answered once: the agent's workload for a token, an agent
  /// for the broker's bundle, anybody for the published one.
  private static PatientClient client(AttackedListener listener) {
    var address = host.address(listener);
    return switch (listener) {
      case WORKLOAD_API ->
          PatientClient.start(
              SANDBOX,
              address,
              List.of(),
              RawHttp2.call("/SpiffeWorkloadAPI/FetchJWTSVID", "workload.spiffe.io", "true"),
              RawHttp2.message(3, (byte) 10, (byte) 1, (byte) 'a'));
      case BROKER ->
          PatientClient.start(
              SANDBOX,
              address,
              List.of(RawTls.identifiedBy(host.node().identity(SANDBOX))),
              listener.call(),
              RawHttp2.message(0));
      case BUNDLE_ENDPOINT ->
          PatientClient.start(SANDBOX, address, List.of(), listener.call(), new byte[0]);
    };
  }

  static Stream<Arguments> attacks() {
    var listener = System.getProperty("entente.hostile-listener", "");
    var hostility = System.getProperty("entente.hostility", "");
    return Arrays.stream(AttackedListener.values())
        .filter(one -> listener.isEmpty() || one.name().equals(listener))
        .flatMap(one ->
            Hostility.all()
                .filter(it -> hostility.isEmpty() || it.name().equals(hostility))
                .filter(it -> one != AttackedListener.WORKLOAD_API || it != Burden.WRONG_PROTOCOL)
                .map(it -> Arguments.of(one, it)));
  }
}
