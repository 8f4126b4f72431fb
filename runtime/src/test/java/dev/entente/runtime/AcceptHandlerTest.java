package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ConnectionGate.Reason;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AcceptHandlerTest {
  private static final Duration COUNTS_FOR = Duration.ofMillis(50);

  private final AtomicLong now = new AtomicLong();
  private final ConnectionGate gate =
      new ConnectionGate("test", ConnectionLimits.of(10, 3), Optional.empty(), now::get);

  /// Who of those that wait at a door; at first who has waited for longest.
  private IntUnaryOperator chance = _ -> 0;

  private final EmbeddedChannel listening = listening(Optional.of(new ArrivalPace(2, COUNTS_FOR)));

  private EmbeddedChannel listening(Optional<ArrivalPace> pace) {
    return new EmbeddedChannel(new AcceptHandler(gate, pace, many -> chance.applyAsInt(many)));
  }

  @BeforeEach
  void stopTheClock() {
    listening.freezeTime();
  }

  @AfterEach
  void close() {
    listening.finishAndReleaseAll();
  }

  private static EmbeddedChannel connection(String from) {
    return new EmbeddedChannel() {
      @Override
      protected SocketAddress remoteAddress0() {
        return new InetSocketAddress(from, 4711);
      }
    };
  }

  private EmbeddedChannel arrive(String from) {
    var connection = connection(from);
    listening.writeInbound(connection);
    return connection;
  }

  /// Who was handed on since the last time.
  private List<EmbeddedChannel> handedOn() {
    listening.runPendingTasks();
    return Stream.generate(() -> listening.<EmbeddedChannel>readInbound())
        .takeWhile(Objects::nonNull)
        .toList();
  }

  private void after(Duration time) {
    now.addAndGet(time.toNanos());
    listening.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void handsNobodyOnWhileEnoughNewcomersAreUnderWay() {
    var first = arrive("192.0.2.1");
    var second = arrive("192.0.2.2");
    var third = arrive("192.0.2.3");
    assertThat(handedOn()).containsExactly(first, second);
    assertThat(gate.open()).isEqualTo(3);

    var _ = second.close();

    assertThat(handedOn()).containsExactly(third);
  }

  @Test
  void countsNobodyForLong() {
    arrive("192.0.2.1");
    arrive("192.0.2.2");
    var third = arrive("192.0.2.3");
    assertThat(handedOn()).hasSize(2);

    after(COUNTS_FOR.minusMillis(1));
    assertThat(handedOn()).isEmpty();
    after(Duration.ofMillis(1));
    assertThat(handedOn()).containsExactly(third);
  }

  @Test
  void countsNobodyTwice() {
    var first = arrive("192.0.2.1");
    after(COUNTS_FOR);
    assertThat(handedOn()).containsExactly(first);
    var _ = first.close();

    var others = List.of(arrive("192.0.2.2"), arrive("192.0.2.3"), arrive("192.0.2.4"));

    assertThat(handedOn()).isEqualTo(others.subList(0, 2));
  }

  @Test
  void countsNobodyWhoIsRefused() {
    for (int i = 0; i < 3; i++) {
      arrive("192.0.2.1");
    }
    after(COUNTS_FOR);
    assertThat(handedOn()).hasSize(3);
    after(COUNTS_FOR);

    assertThat(arrive("192.0.2.1").isOpen()).isFalse();
    var others = List.of(arrive("192.0.2.2"), arrive("192.0.2.3"));

    assertThat(handedOn()).isEqualTo(others);
    assertThat(gate.open()).isEqualTo(5);
  }

  @Test
  void takesTheAddressesInTurnHoweverManyConnectionsOneHas() {
    var busy = List.of(arrive("192.0.2.1"), arrive("192.0.2.1"), arrive("192.0.2.1"));
    var also = List.of(arrive("192.0.2.2"), arrive("192.0.2.2"), arrive("192.0.2.2"));
    var other = arrive("192.0.2.3");
    assertThat(handedOn()).isEqualTo(busy.subList(0, 2));

    after(COUNTS_FOR);
    assertThat(handedOn()).containsExactly(busy.getLast(), also.getFirst());
    after(COUNTS_FOR);
    assertThat(handedOn()).containsExactly(other, also.get(1));
    after(COUNTS_FOR);
    assertThat(handedOn()).containsExactly(also.getLast());
  }

  @Test
  void dropsWhoWaitsForTooLong() {
    var slow = listening(Optional.of(new ArrivalPace(1, Duration.ofHours(1))));
    slow.freezeTime();
    var first = connection("192.0.2.1");
    var second = connection("192.0.2.2");
    slow.writeInbound(first, second);

    slow.advanceTimeBy(gate.limits().establishWithin().toMillis(), TimeUnit.MILLISECONDS);
    slow.runPendingTasks();

    assertThat(slow.inboundMessages()).containsExactly(first);
    assertThat(second.isOpen()).isFalse();
    assertThat(gate.open()).isZero();
    assertThat(gate.refused(Reason.NOT_ESTABLISHED)).isEqualTo(2);
    slow.finishAndReleaseAll();
  }

  @Test
  void dropsWhoWaitsWhenTheListenerCloses() {
    var first = arrive("192.0.2.1");
    var second = arrive("192.0.2.2");
    var third = arrive("192.0.2.3");
    assertThat(handedOn()).containsExactly(first, second);

    var _ = listening.close();
    listening.runPendingTasks();

    assertThat(third.isOpen()).isFalse();
    assertThat(gate.open()).isEqualTo(2);
  }

  private void cutOffStrangersOf(String address) {
    for (int i = 0; i <= AddressPace.ENDS_FREE; i++) {
      gate.addresses().ended(address);
    }
  }

  @Test
  void letsOneInAtEachTurnOfAnAddressThatWasCutOffAndAllOthersAtOnce() {
    cutOffStrangersOf("192.0.2.1");

    var slow = List.of(arrive("192.0.2.1"), arrive("192.0.2.1"), arrive("192.0.2.1"));
    var other = arrive("192.0.2.2");

    assertThat(handedOn()).containsExactly(slow.getFirst(), other);
    after(AddressPace.TURN.minusMillis(1));
    assertThat(handedOn()).isEmpty();
    after(Duration.ofMillis(1));
    assertThat(handedOn()).containsExactly(slow.get(1));
    after(AddressPace.TURN);
    assertThat(handedOn()).containsExactly(slow.getLast());
  }

  @Test
  void letsWhoeverChancePicksIn() {
    cutOffStrangersOf("192.0.2.1");
    gate.addresses().take("192.0.2.1");
    chance = many -> many - 1;
    arrive("192.0.2.1");
    arrive("192.0.2.1");
    var last = arrive("192.0.2.1");

    after(AddressPace.TURN);

    assertThat(handedOn()).containsExactly(last);
  }

  @Test
  void letsAllInWhenAnAddressIsForgiven() {
    cutOffStrangersOf("192.0.2.1");
    var slow = List.of(arrive("192.0.2.1"), arrive("192.0.2.1"), arrive("192.0.2.1"));
    assertThat(handedOn()).containsExactly(slow.getFirst());

    now.addAndGet(AddressPace.FORGIVEN_AFTER.toNanos());
    after(AddressPace.TURN);

    assertThat(handedOn()).isEqualTo(slow.subList(1, 3));
  }

  @Test
  void forgetsWhoWasDroppedAtTheDoor() {
    cutOffStrangersOf("192.0.2.1");
    gate.addresses().take("192.0.2.1");
    now.addAndGet(-Duration.ofHours(1).toNanos());
    var dropped = arrive("192.0.2.1");

    after(gate.limits().establishWithin());

    assertThat(handedOn()).isEmpty();
    assertThat(dropped.isOpen()).isFalse();
    assertThat(gate.open()).isZero();
    now.addAndGet(Duration.ofHours(2).toNanos());
    after(Duration.ofHours(2));
    assertThat(handedOn()).isEmpty();
    var next = arrive("192.0.2.1");
    assertThat(handedOn()).containsExactly(next);
  }

  @Test
  void dropsWhoStandsAtTheDoorWhenTheListenerCloses() {
    cutOffStrangersOf("192.0.2.1");
    arrive("192.0.2.1");
    var second = arrive("192.0.2.1");
    assertThat(handedOn()).hasSize(1);

    var _ = listening.close();
    listening.runPendingTasks();

    assertThat(second.isOpen()).isFalse();
    assertThat(gate.open()).isEqualTo(1);
  }

  @Test
  void withoutAPaceTakesWhateverComes() {
    var unpaced = listening(Optional.empty());
    for (int i = 0; i < 5; i++) {
      unpaced.writeInbound(connection("192.0.2." + i));
    }

    assertThat(unpaced.inboundMessages()).hasSize(5);
    assertThat(gate.open()).isEqualTo(5);
    unpaced.finishAndReleaseAll();
  }
}
