package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.entente.broker.audit.AuditReport.Finding;
import dev.entente.broker.audit.AuditReport.Kind;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Old files go, and what is left verifies.
class AuditRetentionTest {
  private static final AuditRetention WEEK =
      new AuditRetention(Optional.of(Duration.ofDays(7)), OptionalLong.empty());

  private final TestAuditKey key = new TestAuditKey("key-1");
  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-22T03:00:00Z"));

  @TempDir private Path directory;

  /// Where the chain was after each start.
  private AuditHead afterThree = AuditHead.START;

  /// Three files, a day apart.
  @BeforeEach
  void writeThreeFiles() throws Exception {
    for (var start = 1; start <= 3; start++) {
      write(AuditRetention.FOREVER);
      clock.advance(Duration.ofDays(1));
    }
    afterThree = verify(Optional.empty()).head().orElseThrow();
  }

  /// Starts, writes a line, and stops in order: that signs the end, and removes what is old.
  private void write(AuditRetention retention) throws Exception {
    var options =
        new AuditOptions(directory, "member", 1 << 20, 64, Duration.ofSeconds(10), retention);
    try (var log = AuditLog.open(options, key, clock, Optional.empty())) {
      var event = new AuditEvent.Backup(AuditOrigin.system(), "/x", "");
      Future<Void> done = log.result(event);
      done.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private AuditReport verify(Optional<AuditHead> remembered) throws IOException {
    return AuditVerifier.verify(directory, Map.of("key-1", key.publicKey()), remembered);
  }

  private List<Integer> files() throws IOException {
    return Segments.list(directory).stream().map(Segments.Segment::number).toList();
  }

  private Path file(int number) {
    return Segments.fileOf(directory, number);
  }

  @Test
  void removesFilesWhoseLastLineIsOldEnough() throws Exception {
    // Files 1 and 2 end when the next one begins: six days ago and five days ago.
    clock.advance(Duration.ofDays(4));
    write(WEEK);
    assertThat(files()).containsExactly(1, 2, 3, 4);

    clock.advance(Duration.ofDays(2));
    write(WEEK);

    assertThat(files()).containsExactly(3, 4, 5);
    var report = verify(Optional.of(afterThree));
    assertThat(report.findings()).isEmpty();
    assertThat(report.removedThrough()).isEqualTo(2);
    assertThat(Files.readString(file(5)))
        .contains("\"type\":\"segments_removed\",\"through\":2,\"last_sequence\":");
  }

  @Test
  void removesTheOldestWhileAllAreTooLarge() throws Exception {
    var three = Files.size(file(2)) + 2 * Files.size(file(3)) + 100;
    write(new AuditRetention(Optional.empty(), OptionalLong.of(three)));

    assertThat(files()).containsExactly(2, 3, 4);
    assertThat(verify(Optional.of(afterThree)).findings()).isEmpty();
  }

  @Test
  void neverRemovesTheFileThatIsWritten() throws Exception {
    clock.advance(Duration.ofDays(100));
    write(new AuditRetention(Optional.of(Duration.ofDays(7)), OptionalLong.of(1)));

    assertThat(files()).containsExactly(4);
    assertThat(verify(Optional.empty()).findings()).isEmpty();
  }

  @Test
  void goesOnWithWhatIsLeftAndRemovesMoreLater() throws Exception {
    removeTwo();
    clock.advance(Duration.ofDays(100));
    write(WEEK);

    assertThat(files()).containsExactly(4, 5);
    assertThat(verify(Optional.empty()).findings()).isEmpty();
    assertThat(verify(Optional.empty()).removedThrough()).isEqualTo(3);
  }

  @Test
  void verifiesWithRemovedFilesThatWereBroughtBack() throws Exception {
    var two = Files.readAllBytes(file(2));
    removeTwo();

    Files.write(file(2), two);
    assertThat(verify(Optional.empty()).findings()).isEmpty();

    Files.write(file(2), List.of(Files.readAllLines(file(2)).getFirst()));
    assertThat(verify(Optional.empty()).findings())
        .extracting(Finding::kind)
        .contains(Kind.BROKEN_CHAIN);
  }

  @Test
  void findsFilesMissingThatTheBrokerDidNotRemove() throws Exception {
    removeTwo();
    Files.delete(file(3));

    assertThat(verify(Optional.empty()).findings())
        .extracting(Finding::kind, Finding::segment)
        .contains(tuple(Kind.MISSING_SEGMENT, 3));
  }

  @Test
  void findsARemovalThatNobodySigned() throws Exception {
    removeTwo();
    var lines = Files.readAllLines(file(4));
    Files.write(
        file(4), lines.stream().map(l -> l.replace("\"through\":2", "\"through\":3")).toList());
    Files.delete(file(3));

    assertThat(verify(Optional.empty()).findings())
        .extracting(Finding::kind)
        .contains(Kind.BAD_SIGNATURE);
  }

  @Test
  void saysThatARememberedPlaceWasRemoved() throws Exception {
    var second = new AuditHead(2, AuditLines.digest(Files.readAllLines(file(1)).get(1)));
    assertThat(verify(Optional.of(second)).findings()).isEmpty();
    removeTwo();

    assertThat(verify(Optional.of(second)).findings())
        .extracting(Finding::kind)
        .containsExactly(Kind.REMEMBERED_REMOVED);
  }

  @Test
  void keepsWhatTheWitnessHasNotPassed() throws Exception {
    clock.advance(Duration.ofDays(100));
    var options = new AuditOptions(directory, "member", 1 << 20, 64, Duration.ofSeconds(10), WEEK);
    try (var log = AuditLog.open(options, key, clock, Optional.empty())) {
      log.onSignedHead(_ -> {
        throw new IllegalStateException("the witness's disk is full");
      });
      log.result(new AuditEvent.Backup(AuditOrigin.system(), "/x", ""));
    }

    assertThat(files()).containsExactly(1, 2, 3, 4);
  }

  private void removeTwo() throws Exception {
    clock.advance(Duration.ofDays(6));
    write(WEEK);
    assertThat(files()).containsExactly(3, 4);
  }
}
