package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.BrokerFault;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.IssuedJwt;
import dev.entente.agent.node.IssuedSvid;
import dev.entente.agent.node.IssuedWit;
import dev.entente.agent.node.NodeStatus;
import dev.entente.agent.node.SyncState;
import dev.entente.agent.node.WitOrder;
import dev.entente.agent.node.X509Order;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.WitSvid;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// A node that is in order, or not when told so. It signs by itself what a broker would.
public final class FakeIdentitySource implements IdentitySource {
  public static final TrustDomain DOMAIN = TrustDomain.parse("example.org");

  private final ManualClock clock;
  private final List<Consumer<SyncState>> listeners = new CopyOnWriteArrayList<>();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final List<String> signed = new CopyOnWriteArrayList<>();
  private final List<String> witsSigned = new CopyOnWriteArrayList<>();
  private final AtomicInteger jwtsAsked = new AtomicInteger();
  private final AtomicInteger batches = new AtomicInteger();

  private volatile FakeAuthority authority;
  private volatile Duration x509Ttl = Duration.ofHours(1);
  private volatile Duration jwtTtl = Duration.ofMinutes(5);
  private volatile boolean isDown;
  private volatile Runnable whileJwtIsSigned = () -> {};
  private volatile SyncState state;

  /// A node that has not heard from its broker yet.
  public FakeIdentitySource(ManualClock clock) {
    this.clock = clock;
    this.authority = new FakeAuthority(DOMAIN, clock.instant());
    this.state = SyncState.unsynced(ownBundle(authority));
  }

  /// A node whose first sync brought these entries.
  public static FakeIdentitySource synced(ManualClock clock, AgentEntry... entries) {
    var source = new FakeIdentitySource(clock);
    source.setEntries(entries);
    return source;
  }

  public void setEntries(AgentEntry... entries) {
    Map<String, AgentEntry> byId = new LinkedHashMap<>();
    Arrays.stream(entries).forEach(entry -> byId.put(entry.id(), entry));
    publish(now -> new SyncState(now.revision() + 1, byId, now.ownBundle(), now.federated(), true));
  }

  public void setFederated(SpiffeBundle... bundles) {
    Map<TrustDomain, SpiffeBundle> byDomain = new LinkedHashMap<>();
    Arrays.stream(bundles).forEach(bundle -> byDomain.put(bundle.trustDomain(), bundle));
    publish(now ->
        new SyncState(now.revision() + 1, now.entries(), now.ownBundle(), byDomain, now.synced()));
  }

  public void setOwnBundle(UnaryOperator<SpiffeBundle> change) {
    publish(now ->
        new SyncState(
            now.revision() + 1,
            now.entries(),
            change.apply(now.ownBundle()),
            now.federated(),
            now.synced()));
  }

  /// Signs from now on with a key below the one in the bundle.
  public void signBelow() {
    authority = authority.below(DOMAIN, clock.instant());
  }

  /// Signs with a new key from now on; the old one is tainted in the bundle.
  public void taintAndReplaceAuthority() {
    var next = new FakeAuthority(DOMAIN, clock.instant());
    authority = next;
    setOwnBundle(own -> {
      var x509 = new ArrayList<>(own.x509Authorities());
      x509.replaceAll(it -> it.withTainted(true));
      x509.add(next.x509());
      var jwt = new ArrayList<>(own.jwtAuthorities());
      jwt.replaceAll(it -> it.withTainted(true));
      jwt.add(next.jwt());
      var wit = new ArrayList<>(own.witAuthorities());
      wit.replaceAll(it -> it.withTainted(true));
      wit.add(next.wit());
      return own.withX509Authorities(x509).withJwtAuthorities(jwt).withWitAuthorities(wit);
    });
  }

  public void setDown(boolean down) {
    isDown = down;
  }

  public void refuse(String entryId) {
    refused.add(entryId);
  }

  public void accept(String entryId) {
    refused.remove(entryId);
  }

  /// Has this happen once a JWT-SVID was asked for, and before there is one.
  public void whileJwtIsSigned(Runnable event) {
    whileJwtIsSigned = event;
  }

  public void setX509Ttl(Duration ttl) {
    x509Ttl = ttl;
  }

  /// The entries SVIDs were signed for, in order.
  public List<String> signed() {
    return List.copyOf(signed);
  }

  /// The entries WIT-SVIDs were signed for, in order.
  public List<String> witsSigned() {
    return List.copyOf(witsSigned);
  }

  public int jwtsAsked() {
    return jwtsAsked.get();
  }

  public int batches() {
    return batches.get();
  }

  public FakeAuthority authority() {
    return authority;
  }

  /// The bundle of another trust domain with one authority of each kind.
  public SpiffeBundle foreignBundle(TrustDomain domain) {
    return bundle(domain, new FakeAuthority(domain, clock.instant()));
  }

  public static SpiffeBundle bundle(TrustDomain domain, FakeAuthority signer) {
    return new SpiffeBundle(
        domain,
        List.of(signer.x509()),
        List.of(signer.jwt()),
        List.of(signer.wit()),
        Optional.empty(),
        OptionalLong.of(1));
  }

  @Override
  public SyncState current() {
    return state;
  }

  @Override
  public void onUpdate(Consumer<SyncState> listener) {
    listeners.add(listener);
  }

  @Override
  public Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
    batches.incrementAndGet();
    if (isDown) {
      return Future.failedFuture(
          new BrokerFault(BrokerFault.Kind.UNAVAILABLE, "no broker answered"));
    }
    return Future.succeededFuture(orders.stream().map(this::answer).toList());
  }

  @Override
  public Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
    if (isDown) {
      return Future.failedFuture(
          new BrokerFault(BrokerFault.Kind.UNAVAILABLE, "no broker answered"));
    }
    return Future.succeededFuture(orders.stream().map(this::answer).toList());
  }

  private IssuedWit answer(WitOrder order) {
    var entry = state.entries().get(order.entryId());
    if (entry == null || refused.contains(order.entryId())) {
      return new IssuedWit.NotIssued(
          order.entryId(), BrokerFault.Kind.INVALID, "refused by the test");
    }
    witsSigned.add(entry.id());
    var now = clock.instant();
    var token = authority.wit(entry.spiffeId(), order.publicKey(), order.algorithm(), now, x509Ttl);
    return new IssuedWit.Issued(entry.id(), WitSvid.readWithoutVerifying(token), now);
  }

  @Override
  public Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
    jwtsAsked.incrementAndGet();
    whileJwtIsSigned.run();
    var entry = state.entries().get(entryId);
    if (isDown || entry == null || refused.contains(entryId)) {
      return Future.failedFuture(
          new BrokerFault(BrokerFault.Kind.UNAVAILABLE, "no broker answered"));
    }
    var now = clock.instant();
    var signer = authority;
    return Future.succeededFuture(
        new IssuedJwt(
            signer.token(entry.spiffeId(), audience, now, jwtTtl),
            entry.spiffeId(),
            signer.keyId(),
            now,
            now.plus(jwtTtl)));
  }

  @Override
  public NodeStatus status() {
    return new NodeStatus(
        Optional.empty(),
        Optional.of("127.0.0.1:8081"),
        state.synced() ? Optional.of(clock.instant()) : Optional.empty(),
        false,
        state.synced() ? Optional.empty() : Optional.of("no broker answered"));
  }

  private IssuedSvid answer(X509Order order) {
    var entry = state.entries().get(order.entryId());
    if (entry == null || refused.contains(order.entryId())) {
      return new IssuedSvid.NotIssued(
          order.entryId(), BrokerFault.Kind.INVALID, "refused by the test");
    }
    signed.add(entry.id());
    var svid =
        authority.issue(entry.spiffeId(), verifiedKey(order.csr()), clock.instant(), x509Ttl);
    return new IssuedSvid.Issued(entry.id(), svid);
  }

  private static PublicKey verifiedKey(byte[] der) {
    try {
      var csr = new JcaPKCS10CertificationRequest(der);
      var key = csr.getPublicKey();
      if (!csr.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new IllegalStateException("CSR is not signed with its own key");
      }
      return key;
    } catch (IOException | GeneralSecurityException | OperatorCreationException | PKCSException e) {
      throw new IllegalStateException(e);
    }
  }

  private synchronized void publish(UnaryOperator<SyncState> change) {
    var next = change.apply(state);
    state = next;
    listeners.forEach(listener -> listener.accept(next));
  }

  private static SpiffeBundle ownBundle(FakeAuthority signer) {
    return bundle(DOMAIN, signer);
  }
}
