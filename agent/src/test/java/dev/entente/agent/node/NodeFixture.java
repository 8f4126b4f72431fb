package dev.entente.agent.node;

import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/// One node with fake brokers at `10.0.0.1`, `10.0.0.2` and so on; a restart is a second fixture
/// over the same brokers, clock and state.
final class NodeFixture {
  static final TrustDomain PARTNER = TrustDomain.parse("partner.example");

  final ManualClock clock;
  final FakeBrokers brokers;
  final InMemoryState state;
  final ManualContext context;
  final Map<String, List<String>> names = new HashMap<>();
  final Node node;

  static NodeFixture withBrokers(int count) {
    return with(count, RebootstrapPolicy.Mode.NEVER);
  }

  static NodeFixture with(int count, RebootstrapPolicy.Mode rebootstrap) {
    var clock = ManualClock.at(Instant.parse("2026-11-22T00:00:00Z"));
    return new NodeFixture(clock, new FakeBrokers(clock), new InMemoryState(), count, rebootstrap);
  }

  private NodeFixture(
      ManualClock clock,
      FakeBrokers brokers,
      InMemoryState state,
      int count,
      RebootstrapPolicy.Mode rebootstrap) {
    this.clock = clock;
    this.brokers = brokers;
    this.state = state;
    this.context = new ManualContext(clock);
    var addresses =
        java.util.stream.IntStream.rangeClosed(1, count)
            .mapToObj(i -> BrokerAddress.parse("10.0.0." + i + ":8081"))
            .toList();
    var options =
        new NodeOptions(
            FakeBrokers.DOMAIN,
            addresses,
            Path.of("unused"),
            new Bootstrap.Insecure(),
            new RebootstrapPolicy(rebootstrap, Duration.ofMinutes(10)),
            Duration.ofSeconds(5),
            "0.1.0");
    this.node =
        new Node(
            context,
            clock,
            new Random(1),
            options,
            new NodeAttestation.Evidence("join_token", evidence()),
            new Node.Outside(
                brokers,
                this::resolve,
                state,
                _ -> Future.failedFuture(new AssertionError("no download expected"))));
  }

  /// The same node after its process was killed and started again.
  NodeFixture restarted(int count, RebootstrapPolicy.Mode rebootstrap) {
    brokers.streams.clear();
    return new NodeFixture(clock, brokers, state, count, rebootstrap);
  }

  NodeFixture restarted() {
    return restarted(1, RebootstrapPolicy.Mode.NEVER);
  }

  /// Starts, and is sure that it worked.
  NodeFixture started() {
    var start = node.start();
    if (!start.succeeded()) {
      throw new AssertionError("not started: " + start + " " + node.status());
    }
    return this;
  }

  private List<String> resolve(String host) throws UnknownHostException {
    var ips = names.getOrDefault(host, host.startsWith("10.") ? List.of(host) : List.of());
    if (ips.isEmpty()) {
      throw new UnknownHostException(host);
    }
    return ips;
  }

  private static EvidenceSource evidence() {
    return () ->
        new EvidenceSource.Session() {
          @Override
          public byte[] payload() {
            return FakeBrokers.TOKEN.getBytes(StandardCharsets.UTF_8);
          }

          @Override
          public byte[] respond(byte[] challenge) {
            throw new AssertionError("no challenge expected");
          }
        };
  }

  static AgentEntry entry(String id, long revision, TrustDomain... federatesWith) {
    return new AgentEntry(
        id,
        SpiffeId.of(FakeBrokers.DOMAIN, "/workload/" + id),
        Set.of(Selector.parse("unix:uid:1000")),
        Arrays.stream(federatesWith).collect(Collectors.toSet()),
        false,
        false,
        revision,
        false,
        "",
        Instant.parse("2026-11-01T00:00:00Z"),
        false,
        false);
  }
}
