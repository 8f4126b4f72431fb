package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// On an event loop whose time stands still until the test says otherwise.
class FrameTurnsTest {
  private static final int LONGEST = 16_384;

  /// What came in each turn.
  private final List<Buffer> turns = new ArrayList<>(List.of(Buffer.buffer()));

  private EmbeddedChannel channel;
  private FrameTurns frameTurns;

  /// What reads the frames.
  private final class Reader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var bytes = (ByteBuf) message;
      while (bytes.isReadable()) {
        turns.getLast().appendByte(bytes.readByte());
      }
      bytes.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      turns.add(Buffer.buffer());
    }
  }

  @BeforeEach
  void open() {
    channel = new EmbeddedChannel(new Reader());
    channel.freezeTime();
    FrameTurns.before(channel.pipeline().firstContext());
    frameTurns = channel.pipeline().get(FrameTurns.class);
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  @Test
  void letsOthersHaveTheirTurnBetweenTheFramesOfOne() {
    read(frames(100, 0));
    var ofAnother = new ArrayList<Integer>();
    var _ = channel.eventLoop().schedule(() -> ofAnother.add(sum()), 0, TimeUnit.NANOSECONDS);

    channel.runPendingTasks();

    assertThat(ofAnother).as("bytes given before").containsExactly(2 * 16 * 9);
    assertThat(sum()).isEqualTo(100 * 9);
  }

  @Test
  void givesFewFramesAtOnce() {
    read(frames(FrameTurns.FRAMES_MAX, 4));

    assertThat(sum()).isEqualTo(16 * 13);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void countsALongFrameAsOne() {
    read(frames(FrameTurns.FRAMES_MAX + 1, LONGEST));

    assertThat(sum()).isEqualTo(16 * (9 + LONGEST));
  }

  /// Greeting, and frames of all lengths.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 9, 10, 25, 1000, 1 << 20})
  void tellsFramesApartWhereverTheyAreCut(int piece) {
    var all = Buffer.buffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    var begun = new ArrayList<>(List.of(9));
    for (var i = 0; i < 200; i++) {
      begun.add(all.length() + 9);
      all.appendBuffer(frames(1, i % 5 == 0 ? 0 : i * 7));
    }

    read(all, piece);
    channel.runPendingTasks();

    var given = Buffer.buffer();
    for (var turn : turns) {
      var before = given.length();
      given.appendBuffer(turn);
      assertThat(begun.stream().filter(at -> before < at && at <= given.length()))
          .hasSizeLessThanOrEqualTo(FrameTurns.FRAMES_MAX);
    }
    assertThat(given).isEqualTo(all);
    assertThat(turns.stream().filter(turn -> turn.length() > 0)).hasSize(13);
  }

  @Test
  void readsNothingMoreWhileSomethingWaits() {
    read(frames(FrameTurns.FRAMES_MAX + 1, 0));
    assertThat(channel.config().isAutoRead()).isFalse();

    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void givesNothingBeforeTheEndOfAWait() {
    frameTurns.hold(Duration.ofMillis(5));
    read(frames(40, 0));
    channel.runPendingTasks();
    assertThat(sum()).isZero();
    assertThat(channel.config().isAutoRead()).isFalse();

    channel.advanceTimeBy(5, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();

    assertThat(sum()).isEqualTo(40 * 9);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void keepsTheLastWaitThatItWasTold() {
    frameTurns.hold(Duration.ofMillis(5));
    frameTurns.hold(Duration.ofMillis(50));
    read(frames(1, 0));
    channel.advanceTimeBy(5, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();
    assertThat(sum()).isZero();

    frameTurns.hold(Duration.ZERO);
    channel.runPendingTasks();

    assertThat(sum()).isEqualTo(9);
  }

  @Test
  void holdsBackWhatIsLeftOfATurn() {
    read(frames(FrameTurns.FRAMES_MAX + 1, 0));
    frameTurns.hold(Duration.ofMillis(5));
    channel.runPendingTasks();
    assertThat(sum()).isEqualTo(16 * 9);

    channel.advanceTimeBy(5, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();

    assertThat(sum()).isEqualTo(17 * 9);
  }

  @Test
  void releasesWhatWaitsWhenTheConnectionEnds() {
    frameTurns.hold(Duration.ofMillis(5));
    var bytes = Unpooled.wrappedBuffer(frames(1, 0).getBytes());
    channel.pipeline().fireChannelRead(bytes);
    assertThat(bytes.refCnt()).isEqualTo(1);

    var _ = channel.close();

    assertThat(bytes.refCnt()).isZero();
    assertThat(sum()).isZero();
  }

  private void read(Buffer all) {
    read(all, all.length());
  }

  /// As one look at a socket does that finds so many bytes, several times.
  private void read(Buffer all, int piece) {
    for (var at = 0; at < all.length(); at += piece) {
      var bytes = all.getBytes(at, Math.min(at + piece, all.length()));
      channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(bytes));
    }
    channel.pipeline().fireChannelReadComplete();
  }

  private int sum() {
    return turns.stream().mapToInt(Buffer::length).sum();
  }

  private static Buffer frames(int count, int length) {
    var frames = Buffer.buffer();
    for (var i = 0; i < count; i++) {
      frames.appendBuffer(WatchedListener.frame(0, 0, 1, length));
    }
    return frames;
  }
}
