package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.api.Refusal.AgentReason;
import dev.entente.broker.registry.PushMessage;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryStatistics;
import dev.entente.broker.registry.RegistryView;
import dev.entente.broker.registry.Subscription;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.NodeAttestation;
import dev.entente.broker.store.NodeRecord;
import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.broker.store.Store;
import dev.entente.broker.store.StoreOptions;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A denial is never a guess: what the view does not confirm is looked up in the store.
class AgentCheckTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final SpiffeId AGENT = SpiffeId.of(DOMAIN, "/spire/agent/join_token/t");
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final BigInteger SERIAL = BigInteger.valueOf(7);
  private static final BigInteger NEXT = BigInteger.valueOf(8);

  private final ManualClock clock = ManualClock.at(NOW);
  private Store store;
  private StaleRegistry registry;
  private AgentCheck check;

  @BeforeEach
  void open(@TempDir Path directory) {
    store = Store.open(new StoreOptions(directory, DOMAIN, clock));
    registry = new StaleRegistry(store);
    check = new AgentCheck(registry, store.nodes(), clock);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static AgentSerial serial(BigInteger number) {
    return new AgentSerial(number, NOW.plusSeconds(3600));
  }

  private void attest() {
    await(
        store
            .nodes()
            .attest(
                new NodeAttestation(
                    AGENT,
                    "join_token",
                    List.of(),
                    false,
                    serial(SERIAL),
                    Optional.empty(),
                    "00",
                    Map.of())));
  }

  private static Caller.Identified caller(BigInteger serial) {
    return new Caller.Identified(AGENT, serial, NOW.plusSeconds(3600), "192.0.2.1");
  }

  private Optional<Refusal> refusalOf(Caller.Identified caller) {
    var outcome = check.check(caller);
    await(outcome.otherwiseEmpty());
    return outcome.failed()
        ? Optional.of(((RefusedException) outcome.cause()).refusal())
        : Optional.empty();
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAgentThatTheViewDoesNotKnowYetIsFoundInTheStore() {
    attest();

    assertThat(refusalOf(caller(SERIAL))).isEmpty();
  }

  @Test
  void withoutTheStoreAnUnknownAgentIsNotDeniedButToldToComeBack() {
    registry.storeIsAway = true;

    assertThat(refusalOf(caller(SERIAL)))
        .hasValueSatisfying(refusal -> {
          assertThat(refusal.kind()).isEqualTo(RefusalKind.UNAVAILABLE);
          assertThat(refusal.agentReason()).isEmpty();
        });
  }

  @Test
  void withoutAViewNobodyIsDenied() {
    attest();
    registry.loaded = false;

    assertThat(refusalOf(caller(SERIAL)).map(Refusal::kind)).contains(RefusalKind.UNAVAILABLE);
  }

  @Test
  void aPendingSerialBecomesCurrentAtItsFirstUse() {
    attest();
    await(store.nodes().renew(AGENT, SERIAL, serial(NEXT)));

    assertThat(refusalOf(caller(SERIAL))).as("the old one still counts").isEmpty();
    assertThat(refusalOf(caller(NEXT))).isEmpty();
    assertThat(refusalOf(caller(SERIAL)).flatMap(Refusal::agentReason))
        .contains(AgentReason.NOT_ACTIVE);
    assertThat(refusalOf(caller(NEXT))).isEmpty();
  }

  @Test
  void eachReasonIsTold() {
    assertThat(refusalOf(caller(SERIAL)).flatMap(Refusal::agentReason))
        .contains(AgentReason.NOT_ATTESTED);
    attest();
    assertThat(refusalOf(caller(NEXT)).flatMap(Refusal::agentReason))
        .contains(AgentReason.NOT_ACTIVE);
    await(store.nodes().ban(AGENT));
    assertThat(refusalOf(caller(SERIAL)).flatMap(Refusal::agentReason))
        .contains(AgentReason.BANNED);
  }

  @Test
  void aConnectionThatOutlivesItsCertificateIsRefused() {
    attest();
    clock.advance(Duration.ofHours(1));
    assertThat(refusalOf(caller(SERIAL))).isEmpty();

    clock.advance(Duration.ofSeconds(1));

    assertThat(refusalOf(caller(SERIAL)).flatMap(Refusal::agentReason))
        .contains(AgentReason.EXPIRED);
  }

  @Test
  void aWorkloadIsNoAgent() {
    var workload =
        new Caller.Identified(
            SpiffeId.of(DOMAIN, "/app"), SERIAL, NOW.plusSeconds(60), "192.0.2.1");

    assertThat(refusalOf(workload).flatMap(Refusal::agentReason))
        .contains(AgentReason.NOT_ATTESTED);
  }

  /// A registry whose view knows nobody.
  private static final class StaleRegistry implements Registry {
    private final Store store;
    private boolean storeIsAway;
    private boolean loaded = true;

    private StaleRegistry(Store store) {
      this.store = store;
    }

    @Override
    public Optional<String> pauseObjection() {
      return Optional.empty();
    }

    @Override
    public long pauses() {
      return 0;
    }

    @Override
    public ViewState view() {
      return loaded ? new ViewState.Ready(emptyView()) : new ViewState.Unavailable("not loaded");
    }

    private static RegistryView emptyView() {
      return (RegistryView)
          Proxy.newProxyInstance(
              RegistryView.class.getClassLoader(),
              new Class<?>[] {RegistryView.class},
              (_, method, _) -> {
                if (method.getName().equals("node")) {
                  return Optional.empty();
                }
                throw new UnsupportedOperationException(method.getName());
              });
    }

    @Override
    public Future<Optional<NodeRecord>> confirmNode(SpiffeId agentId) {
      return storeIsAway
          ? Future.failedFuture(new IllegalStateException("no store"))
          : store.nodes().find(agentId);
    }

    @Override
    public Future<Void> start() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<ViewState> fresh() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<RegistryView> awaitRevision(long revision) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Subscription subscribe(
        SpiffeId agentId,
        String epoch,
        long sinceRevision,
        Consumer<PushMessage> listener,
        Runnable onReplaced) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void onBundleChange(Consumer<SpiffeBundle> listener) {}

    @Override
    public void onRelationshipChange(Runnable listener) {}

    @Override
    public Duration age() {
      return Duration.ZERO;
    }

    @Override
    public RegistryStatistics statistics() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
