package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AcceptHandlerTest {
  private static final Duration COUNTS_FOR = Duration.ofMillis(50);

  private final ConnectionGate gate = new ConnectionGate("test", ConnectionLimits.of(10, 3));
  private final EmbeddedChannel listening = listening(Optional.of(new ArrivalPace(2, COUNTS_FOR)));

  private EmbeddedChannel listening(Optional<ArrivalPace> pace) {
    return new EmbeddedChannel(new AcceptHandler(gate, pace));
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

  private boolean takesMore() {
    listening.runPendingTasks();
    return listening.config().isAutoRead();
  }

  @Test
  void takesNoMoreWhileEnoughNewcomersAreUnderWay() {
    arrive("192.0.2.1");
    assertThat(takesMore()).isTrue();
    var second = arrive("192.0.2.2");
    assertThat(takesMore()).isFalse();

    var _ = second.close();

    assertThat(takesMore()).isTrue();
    arrive("192.0.2.3");
    assertThat(takesMore()).isFalse();
  }

  @Test
  void countsNobodyForLong() {
    arrive("192.0.2.1");
    arrive("192.0.2.2");

    listening.advanceTimeBy(COUNTS_FOR.toMillis() - 1, TimeUnit.MILLISECONDS);
    assertThat(takesMore()).isFalse();
    listening.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    assertThat(takesMore()).isTrue();
  }

  @Test
  void countsNobodyTwice() {
    var first = arrive("192.0.2.1");
    listening.advanceTimeBy(COUNTS_FOR.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(takesMore()).isTrue();
    var _ = first.close();

    arrive("192.0.2.2");
    assertThat(takesMore()).isTrue();
    arrive("192.0.2.3");
    assertThat(takesMore()).isFalse();
  }

  @Test
  void countsNobodyWhoIsRefused() {
    for (int i = 0; i < 3; i++) {
      arrive("192.0.2.1");
    }
    listening.advanceTimeBy(COUNTS_FOR.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(takesMore()).isTrue();

    assertThat(arrive("192.0.2.1").isOpen()).isFalse();
    arrive("192.0.2.1");
    arrive("192.0.2.1");

    assertThat(takesMore()).isTrue();
    assertThat(gate.open()).isEqualTo(3);
  }

  @Test
  void withoutAPaceTakesWhateverComes() {
    var unpaced = listening(Optional.empty());
    for (int i = 0; i < 5; i++) {
      unpaced.writeInbound(connection("192.0.2." + i));
    }

    assertThat(unpaced.config().isAutoRead()).isTrue();
    assertThat(gate.open()).isEqualTo(5);
    unpaced.finishAndReleaseAll();
  }
}
