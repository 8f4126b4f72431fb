package dev.entente.agent.node;

import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Knows which brokers there are and in which order to ask them.
///
/// Names are resolved anew after a failure and at least every half minute, and every address of a
/// name counts as a broker of its own. A name that cannot be resolved keeps its last addresses.
/// Everything here runs on the node's context.
final class BrokerDirectory {
  private static final Duration RESOLVE_AGAIN_AFTER = Duration.ofSeconds(30);
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(BrokerDirectory.class);

  private final NodeContext context;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final NameResolver resolver;
  private final List<BrokerAddress> addresses;

  private Map<BrokerEndpoint, Health> known = new HashMap<>();
  private Instant resolvedAt = Instant.MIN;
  private @Nullable BrokerEndpoint preferred;
  private volatile @Nullable BrokerEndpoint lastUsed;

  BrokerDirectory(
      NodeContext context,
      InstantSource clock,
      RandomGenerator random,
      NameResolver resolver,
      List<BrokerAddress> addresses) {
    this.context = context;
    this.clock = clock;
    this.random = random;
    this.resolver = resolver;
    this.addresses = List.copyOf(addresses);
  }

  /// Every broker known, the best first; fails if there is none.
  Future<List<BrokerEndpoint>> candidates() {
    if (clock.instant().isBefore(resolvedAt.plus(RESOLVE_AGAIN_AFTER))) {
      return ordered();
    }
    return context
        .blocking(this::resolveAll)
        .compose(found -> {
          adopt(found);
          return ordered();
        });
  }

  /// `endpoint` answered.
  void answered(BrokerEndpoint endpoint) {
    lastUsed = endpoint;
    health(endpoint).recovered();
  }

  /// `endpoint` did not answer; others are asked before it for a while.
  void failed(BrokerEndpoint endpoint) {
    health(endpoint).failed(clock.instant());
    resolvedAt = Instant.MIN;
  }

  /// `endpoint` pushes to us.
  void prefer(BrokerEndpoint endpoint) {
    preferred = endpoint;
    answered(endpoint);
  }

  /// `endpoint` no longer pushes to us.
  void noLongerPrefer(BrokerEndpoint endpoint) {
    if (endpoint.equals(preferred)) {
      preferred = null;
    }
  }

  Optional<BrokerEndpoint> lastUsed() {
    return Optional.ofNullable(lastUsed);
  }

  private Future<List<BrokerEndpoint>> ordered() {
    if (known.isEmpty()) {
      return Future.failedFuture(
          new BrokerFault(Kind.UNAVAILABLE, "no address was found for any of " + addresses));
    }
    var now = clock.instant();
    Comparator<BrokerEndpoint> order =
        Comparator.comparing((BrokerEndpoint it) -> health(it).askFrom(now))
            .thenComparing(it -> !it.equals(preferred))
            .thenComparing(it -> !it.equals(lastUsed))
            .thenComparingInt(it -> health(it).lot());
    return Future.succeededFuture(known.keySet().stream().sorted(order).toList());
  }

  private Health health(BrokerEndpoint endpoint) {
    return known.computeIfAbsent(
        endpoint,
        _ -> new Health(random.nextInt(), new Backoff(FIRST_WAIT, 2, LONGEST_WAIT, random)));
  }

  private List<BrokerEndpoint> resolveAll() {
    var found = new ArrayList<BrokerEndpoint>();
    for (var address : addresses) {
      try {
        for (var ip : resolver.resolve(address.host())) {
          found.add(new BrokerEndpoint(address, ip));
        }
      } catch (UnknownHostException e) {
        LOG.atWarn().addKeyValue(Fields.ADDRESS, address).log("Broker's name was not resolved");
      }
    }
    return found;
  }

  private void adopt(List<BrokerEndpoint> found) {
    var next = new HashMap<BrokerEndpoint, Health>();
    found.forEach(it -> next.put(it, health(it)));
    known.forEach((endpoint, health) -> {
      if (found.stream().noneMatch(it -> it.address().equals(endpoint.address()))) {
        next.put(endpoint, health);
      }
    });
    known = next;
    resolvedAt = clock.instant();
  }

  /// How one broker has answered lately.
  private static final class Health {
    private final int lot;
    private final Backoff waits;
    private Instant restsUntil = Instant.MIN;

    Health(int lot, Backoff waits) {
      this.lot = lot;
      this.waits = waits;
    }

    /// Drawn once, so that the agents of a fleet spread over the brokers.
    int lot() {
      return lot;
    }

    /// The same early moment for all who may be asked now.
    Instant askFrom(Instant now) {
      return restsUntil.isAfter(now) ? restsUntil : Instant.MIN;
    }

    void failed(Instant now) {
      restsUntil = now.plus(waits.next());
    }

    void recovered() {
      waits.reset();
      restsUntil = Instant.MIN;
    }
  }
}
