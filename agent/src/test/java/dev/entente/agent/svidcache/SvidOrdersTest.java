package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.BrokerFault;
import dev.entente.testkit.Await;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SvidOrdersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String NOT_OFFERED =
      "Broker did not offer SVIDs of this kind, and is asked again ever more rarely";

  private final Logger log = (Logger) LoggerFactory.getLogger(SvidOrders.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  /// When a batch was ordered, in nanoseconds.
  private final List<Long> asked = new CopyOnWriteArrayList<>();

  private final AtomicReference<Optional<BrokerFault.Kind>> fault =
      new AtomicReference<>(Optional.empty());
  private Vertx vertx;
  private Context context;

  @BeforeEach
  void start() {
    // Other tests change the level of everything.
    log.setLevel(Level.INFO);
    lines.start();
    log.addAppender(lines);
    vertx = Vertx.vertx();
    context = vertx.getOrCreateContext();
  }

  private SvidOrders<HeldWit> orders(long firstPauseMs) {
    return orders(firstPauseMs, true);
  }

  private SvidOrders<HeldWit> orders(long firstPauseMs, boolean isOptional) {
    return new SvidOrders<>(
        vertx,
        context,
        signing(isOptional),
        () -> 0,
        id -> Optional.of(Entries.entry(id, "unix:uid:1")),
        new Quiet(),
        firstPauseMs);
  }

  @AfterEach
  void stop() throws Exception {
    log.detachAppender(lines);
    log.setLevel(null);
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /// Pauses of 18 ms, 36 ms, …
  @Test
  void asksABrokerThatDoesNotOfferTheKindEverMoreRarelyAndSaysSoOnce() {
    var orders = orders(20);
    fault.set(Optional.of(BrokerFault.Kind.UNIMPLEMENTED));
    context.runOnContext(_ -> orders.want("a", true));
    Await.until("a second refusal", PATIENCE, () -> asked.size() >= 2);
    fault.set(Optional.empty());
    Await.until("a third question", PATIENCE, () -> asked.size() >= 3);

    assertThat(Duration.ofNanos(asked.get(1) - asked.get(0))).isGreaterThan(Duration.ofMillis(17));
    assertThat(Duration.ofNanos(asked.get(2) - asked.get(1))).isGreaterThan(Duration.ofMillis(34));
    Await.until("a word that it does", PATIENCE, () -> messages().size() == 2);
    assertThat(messages())
        .containsExactly(NOT_OFFERED, "Broker offered SVIDs that it had not offered before");
  }

  @Test
  void doesNotAskForUrgentOrdersEitherMeanwhile() {
    var orders = orders(400);
    fault.set(Optional.of(BrokerFault.Kind.UNIMPLEMENTED));
    context.runOnContext(_ -> orders.want("a", false));
    Await.until("a refusal", PATIENCE, () -> messages().contains(NOT_OFFERED));

    context.runOnContext(_ -> orders.want("b", true));
    Await.until("another question", PATIENCE, () -> asked.size() > 1);

    assertThat(Duration.ofNanos(asked.get(1) - asked.get(0))).isGreaterThan(Duration.ofMillis(340));
  }

  /// A kind that every broker has is missing only while something else answers in its place.
  @Test
  void asksForAKindThatEveryBrokerHasAsAfterAnyOtherFault() {
    var orders = orders(20, false);
    fault.set(Optional.of(BrokerFault.Kind.UNIMPLEMENTED));
    context.runOnContext(_ -> orders.want("a", false));
    Await.until("a refusal", PATIENCE, () -> !asked.isEmpty());

    // The other queue goes on as if nothing had been.
    context.runOnContext(_ -> orders.want("b", true));
    Await.until("more questions", PATIENCE, () -> asked.size() >= 3);
    fault.set(Optional.empty());

    assertThat(messages()).isEmpty();
  }

  private Signing<HeldWit> signing(boolean isOptional) {
    return new Signing<>() {
      @Override
      public Future<List<Answer<HeldWit>>> sign(List<AgentEntry> entries) {
        return SvidOrdersTest.this.sign(entries);
      }

      @Override
      public boolean isOptional() {
        return isOptional;
      }
    };
  }

  private Future<List<Signing.Answer<HeldWit>>> sign(List<?> entries) {
    // Looked at before the test can know of the question.
    var now = fault.get();
    asked.add(System.nanoTime());
    return now.map(kind ->
            Future.<List<Signing.Answer<HeldWit>>>failedFuture(
                new BrokerFault(kind, "switched off here")))
        .orElseGet(() ->
            Future.succeededFuture(
                entries.stream().<Signing.Answer<HeldWit>>map(_ -> refusal()).toList()));
  }

  /// An answer to an order as good as any, for whoever wants to know that there was one.
  private static Signing.Answer<HeldWit> refusal() {
    return new Signing.Refused<>(BrokerFault.Kind.INVALID, "refused by the test");
  }

  private List<String> messages() {
    return List.copyOf(lines.list).stream()
        .map(ILoggingEvent::getMessage)
        .filter(message -> message.startsWith("Broker"))
        .toList();
  }

  private static final class Quiet implements SvidOrders.Listener<HeldWit> {
    @Override
    public void issued(HeldWit svid) {}

    @Override
    public void retry(String entryId) {}

    @Override
    public void batchDone() {}
  }
}
