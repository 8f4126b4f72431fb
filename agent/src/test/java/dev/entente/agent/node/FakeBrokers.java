package dev.entente.agent.node;

import dev.entente.agent.node.BrokerFault.Denial;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The brokers of one trust domain, as an agent meets them: they share what they know of the node,
/// accept its current and its pending SVID, and spend a join token on the first key that shows it.
final class FakeBrokers implements BrokerConnector {
  static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  static final SpiffeId AGENT = SpiffeId.of(DOMAIN, "/spire/agent/join_token/t1");
  static final String TOKEN = "t1";
  static final Duration TTL = Duration.ofHours(1);

  final Map<String, AgentEntry> entries = new HashMap<>();
  final Map<TrustDomain, SpiffeBundle> federated = new HashMap<>();
  final Map<TrustDomain, BrokerFault> federatedFaults = new HashMap<>();

  /// Every call that arrived, as `method@ip`.
  final List<String> calls = new ArrayList<>();

  final Set<String> down = new HashSet<>();
  final Map<String, Queue<Trouble>> troubles = new HashMap<>();
  final List<Stream> streams = new ArrayList<>();

  TestPki pki;
  SpiffeBundle bundle;
  boolean reattestable;
  boolean push = true;
  boolean silent;
  boolean strangers;
  Denial standing = Denial.NONE;
  @Nullable BrokerFault refusesAttestation;
  @Nullable PublicKey spentOn;
  @Nullable X509Certificate current;
  @Nullable X509Certificate pending;
  int batchMax = SvidIssuer.BATCH_MAX;
  String epoch = "e1";
  long revision = 1;

  /// A failure of one call.
  ///
  /// @param afterEffect whether the broker did what it was asked and only the answer was lost
  record Trouble(BrokerFault fault, boolean afterEffect) {
    static Trouble lostAnswer() {
      return new Trouble(unavailable(), true);
    }

    static Trouble lostRequest() {
      return new Trouble(unavailable(), false);
    }
  }

  private final InstantSource clock;

  FakeBrokers(InstantSource clock) {
    this.clock = clock;
    this.pki = new TestPki(DOMAIN, clock);
    this.bundle = pki.bundle(1);
  }

  static BrokerFault unavailable() {
    return new BrokerFault(Kind.UNAVAILABLE, "UNAVAILABLE: not now");
  }

  /// What happens to the next calls of `method`, in order.
  void trouble(String method, Trouble... next) {
    troubles.computeIfAbsent(method, _ -> new ArrayDeque<>()).addAll(List.of(next));
  }

  /// Adds or replaces an entry and pushes it.
  void put(AgentEntry entry) {
    entries.put(entry.id(), entry);
    revision++;
    pushAll(new PushMessage.Change(entry.id(), entry.revisionNumber(), entry.createdAt(), false));
  }

  void remove(String id) {
    entries.remove(id);
    revision++;
    pushAll(new PushMessage.Change(id, 0, java.time.Instant.EPOCH, true));
  }

  /// Publishes another authority beside the one that signs, and says that this one is tainted.
  ///
  /// @param signs whether the other one signs from now on
  void taint(boolean signs) {
    var next = new TestPki(DOMAIN, clock);
    var authorities = new ArrayList<>(next.bundle(1).x509Authorities());
    bundle.x509Authorities().forEach(it -> authorities.add(it.withTainted(true)));
    bundle = bundle.withX509Authorities(authorities);
    pki = signs ? next : pki;
    push(false, true);
  }

  void pushAll(PushMessage.Change change) {
    var message = new PushMessage(new PushPosition(revision, epoch), List.of(change), false, false);
    List.copyOf(streams).forEach(stream -> stream.listener.message(message));
  }

  void push(boolean resync, boolean bundlesChanged) {
    revision++;
    var message =
        new PushMessage(new PushPosition(revision, epoch), List.of(), resync, bundlesChanged);
    List.copyOf(streams).forEach(stream -> stream.listener.message(message));
  }

  void endStreams(BrokerFault why) {
    var ending = List.copyOf(streams);
    streams.clear();
    ending.forEach(stream -> stream.listener.ended(why));
  }

  long count(String method) {
    return calls.stream().filter(call -> call.startsWith(method + "@")).count();
  }

  @Override
  public BrokerClient connect(BrokerEndpoint endpoint, Credentials credentials) {
    return new Client(endpoint, credentials);
  }

  final class Stream implements BrokerClient.PushStream {
    final String ip;
    final BrokerClient.PushListener listener;

    Stream(String ip, BrokerClient.PushListener listener) {
      this.ip = ip;
      this.listener = listener;
    }

    @Override
    public void cancel() {
      streams.remove(this);
    }
  }

  private final class Client implements BrokerClient {
    private final BrokerEndpoint endpoint;
    private final Credentials credentials;

    Client(BrokerEndpoint endpoint, Credentials credentials) {
      this.endpoint = endpoint;
      this.credentials = credentials;
    }

    private <T> Future<T> answer(String method, Supplier<Future<T>> work) {
      calls.add(method + "@" + endpoint.ip());
      if (down.contains(endpoint.ip())) {
        return Future.failedFuture(unavailable());
      }
      if (strangers && !(credentials instanceof Credentials.AnonymousUnverified)) {
        return Future.failedFuture(new BrokerFault(Kind.UNTRUSTED, "a stranger"));
      }
      var planned = troubles.getOrDefault(method, new ArrayDeque<>()).poll();
      if (planned != null && !planned.afterEffect()) {
        return Future.failedFuture(planned.fault());
      }
      var answer = work.get();
      return planned == null ? answer : Future.failedFuture(planned.fault());
    }

    private <T> Future<T> asAgent(String method, Supplier<Future<T>> work) {
      return answer(
          method,
          () -> {
            var denial = standing();
            return denial == Denial.NONE
                ? work.get()
                : Future.failedFuture(BrokerFault.denied(denial, "PERMISSION_DENIED: " + denial));
          });
    }

    private Denial standing() {
      if (standing != Denial.NONE) {
        return standing;
      }
      if (!(credentials instanceof Credentials.Agent(var identity, _))) {
        throw new AssertionError("called without an SVID");
      }
      var leaf = identity.svid().leaf();
      if (leaf.equals(pending)) {
        current = pending;
        pending = null;
      }
      return leaf.equals(current) ? Denial.NONE : Denial.NOT_ACTIVE;
    }

    @Override
    public Future<Attested> attest(AttestOrder order, Function<byte[], Future<byte[]>> respond) {
      return answer(
          "attest",
          () -> {
            if (refusesAttestation != null) {
              return Future.failedFuture(refusesAttestation);
            }
            var key = TestPki.keyOf(order.csr());
            if (!reattestable && spentOn != null && !spentOn.equals(key)) {
              return Future.failedFuture(
                  new BrokerFault(Kind.INVALID, "INVALID_ARGUMENT: the join token was used"));
            }
            spentOn = key;
            current = pki.issue(AGENT, key, TTL);
            pending = null;
            return Future.succeededFuture(new Attested(List.of(current), reattestable));
          });
    }

    @Override
    public Future<List<X509Certificate>> renew(byte[] csr) {
      return asAgent(
          "renew",
          () -> {
            pending = pki.issue(AGENT, TestPki.keyOf(csr), TTL);
            return Future.succeededFuture(List.of(pending));
          });
    }

    @Override
    public Future<SpiffeBundle> bundle() {
      return answer("bundle", () -> Future.succeededFuture(bundle));
    }

    @Override
    public Future<Optional<SpiffeBundle>> federatedBundle(TrustDomain domain) {
      return asAgent(
          "federated",
          () ->
              federatedFaults.containsKey(domain)
                  ? Future.failedFuture(federatedFaults.get(domain))
                  : Future.succeededFuture(Optional.ofNullable(federated.get(domain))));
    }

    @Override
    public Future<Void> postStatus(String agentVersion) {
      return asAgent("status", Future::succeededFuture);
    }

    @Override
    public Future<Map<String, AgentEntry>> syncEntries(Map<String, AgentEntry> known) {
      return asAgent("sync", () -> Future.succeededFuture(Map.copyOf(entries)));
    }

    @Override
    public Future<List<AgentEntry>> fetchEntries(Collection<String> ids) {
      return asAgent(
          "fetch",
          () ->
              Future.succeededFuture(
                  ids.stream()
                      .flatMap(id -> Optional.ofNullable(entries.get(id)).stream())
                      .toList()));
    }

    @Override
    public Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
      return asAgent(
          "x509",
          () -> {
            if (orders.size() > batchMax) {
              return Future.failedFuture(
                  new BrokerFault(Kind.EXHAUSTED, "RESOURCE_EXHAUSTED: too many"));
            }
            return Future.succeededFuture(
                orders.stream()
                    .<IssuedSvid>map(
                        it -> new IssuedSvid.NotIssued(it.entryId(), Kind.NOT_FOUND, "fake"))
                    .toList());
          });
    }

    @Override
    public Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
      return asAgent(
          "wit",
          () -> {
            if (orders.size() > batchMax) {
              return Future.failedFuture(
                  new BrokerFault(Kind.EXHAUSTED, "RESOURCE_EXHAUSTED: too many"));
            }
            return Future.succeededFuture(
                orders.stream()
                    .<IssuedWit>map(
                        it -> new IssuedWit.NotIssued(it.entryId(), Kind.NOT_FOUND, "fake"))
                    .toList());
          });
    }

    @Override
    public Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
      return asAgent(
          "jwt",
          () ->
              Future.succeededFuture(
                  new IssuedJwt(
                      "a.b.c",
                      AGENT,
                      "kid",
                      java.time.Instant.EPOCH,
                      java.time.Instant.EPOCH.plusSeconds(300))));
    }

    @Override
    public PushStream subscribe(PushPosition since, PushListener listener) {
      calls.add("subscribe@" + endpoint.ip());
      var stream = new Stream(endpoint.ip(), listener);
      if (!push) {
        listener.ended(new BrokerFault(Kind.UNIMPLEMENTED, "UNIMPLEMENTED"));
      } else if (down.contains(endpoint.ip())) {
        listener.ended(unavailable());
      } else if (!silent) {
        streams.add(stream);
        var continues = since.epoch().equals(epoch) && since.revision() == revision;
        listener.message(
            new PushMessage(new PushPosition(revision, epoch), List.of(), !continues, false));
      }
      return stream;
    }

    @Override
    public void close() {}
  }

  /// The key of the SVID in force.
  PublicKey currentKey() {
    return Objects.requireNonNull(current).getPublicKey();
  }

  /// The key of the SVID that was issued and not yet used.
  PublicKey pendingKey() {
    return Objects.requireNonNull(pending).getPublicKey();
  }
}
