package dev.entente.agent.node;

import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads bundles from a broker. Everything here runs on the node's context.
final class BundleSync {
  /// How many federated bundles are asked for at the same time.
  private static final int PARALLEL = 10;

  private static final Logger LOG = LoggerFactory.getLogger(BundleSync.class);

  private final BrokerPool pool;
  private final TrustDomain trustDomain;

  BundleSync(BrokerPool pool, TrustDomain trustDomain) {
    this.pool = pool;
    this.trustDomain = trustDomain;
  }

  /// What was read of the federated bundles.
  ///
  /// @param bundles those to hold from now on
  /// @param failure the last reason why one was not read and its old one, if any, was kept
  record Federated(Map<TrustDomain, SpiffeBundle> bundles, Optional<BrokerFault> failure) {}

  /// Our own bundle. One without an X.509 authority would cut us off from every broker, so it is
  /// not taken.
  Future<SpiffeBundle> own() {
    return pool.call("reading the trust bundle", BrokerClient::bundle)
        .compose(bundle ->
            bundle.trustDomain().equals(trustDomain) && !bundle.x509Authorities().isEmpty()
                ? Future.succeededFuture(bundle)
                : Future.failedFuture(
                    new BrokerFault(
                        BrokerFault.Kind.INTERNAL,
                        "the broker's bundle has no X.509 authority of " + trustDomain)));
  }

  /// The foreign trust domains that entries federate with.
  static Set<TrustDomain> needed(Collection<AgentEntry> entries) {
    var domains = new HashSet<TrustDomain>();
    entries.forEach(entry -> domains.addAll(entry.federatesWith()));
    return domains;
  }

  /// Reads the bundles of `domains`. A domain the broker has no bundle for is left out; one whose
  /// bundle could not be read keeps what is in `known`.
  Future<Federated> federated(Set<TrustDomain> domains, Map<TrustDomain, SpiffeBundle> known) {
    var reading = new Reading(new ArrayDeque<>(domains), known);
    var lanes = new ArrayList<Future<?>>();
    for (var i = 0; i < Math.min(PARALLEL, domains.size()); i++) {
      lanes.add(reading.next());
    }
    return Future.join(lanes).transform(_ -> Future.succeededFuture(reading.outcome()));
  }

  /// One round over the federated bundles.
  private final class Reading {
    private final Queue<TrustDomain> left;
    private final Map<TrustDomain, SpiffeBundle> known;
    private final Map<TrustDomain, SpiffeBundle> read = new HashMap<>();
    private Optional<BrokerFault> failure = Optional.empty();

    Reading(Queue<TrustDomain> left, Map<TrustDomain, SpiffeBundle> known) {
      this.left = left;
      this.known = known;
    }

    Future<Void> next() {
      var domain = left.poll();
      if (domain == null) {
        return Future.succeededFuture();
      }
      return pool.call("reading the bundle of \"" + domain + "\"", it -> it.federatedBundle(domain))
          .transform(outcome -> {
            if (outcome.succeeded()) {
              outcome.result().ifPresent(bundle -> read.put(domain, bundle));
            } else {
              keep(domain, BrokerFault.of(outcome.cause()));
            }
            return next();
          });
    }

    private void keep(TrustDomain domain, BrokerFault fault) {
      LOG.atWarn()
          .addKeyValue(Fields.TRUST_DOMAIN, domain)
          .addKeyValue(Fields.ERROR, fault.getMessage())
          .log("Federated bundle was not read");
      Optional.ofNullable(known.get(domain)).ifPresent(bundle -> read.put(domain, bundle));
      failure = Optional.of(fault);
    }

    Federated outcome() {
      return new Federated(read, failure);
    }
  }
}
