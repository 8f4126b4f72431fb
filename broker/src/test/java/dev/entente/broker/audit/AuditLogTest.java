package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.audit.AuditReport.Kind;
import dev.entente.spiffe.SpiffeId;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AuditLogTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");
  private static final SpiffeId ID = SpiffeId.parse("spiffe://example.org/api");

  private final TestAuditKey key = new TestAuditKey("key-1");
  private final ManualClock clock = ManualClock.at(NOW);

  @TempDir private Path temporary;

  @Test
  void recordsAnIntentOnDiskBeforeItsFutureSucceeds() throws Exception {
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));

      var lines = Files.readAllLines(segment(1));
      assertThat(lines).hasSize(2);
      assertThat(lines.getLast())
          .startsWith("{\"sequence\":2,\"time\":\"2026-11-22T03:00:00Z\",\"previous\":\"")
          .contains("\"type\":\"x509_issuance\"", "\"phase\":\"intent\"", "\"serial\":\"7\"");
      assertThat(log.head()).isEqualTo(new AuditHead(2, AuditLines.digest(lines.getLast())));
    }
  }

  @Test
  void keepsEveryLineOfManyCallersInOneChain() throws Exception {
    try (var log = open(20_000)) {
      var all = new ArrayList<Future<Void>>();
      for (var i = 0; i < 500; i++) {
        all.add(log.intent(issuance("r" + i)));
      }
      get(Future.all(all));
    }

    var report = verify(Optional.empty());
    assertThat(report.findings()).isEmpty();
    assertThat(report.segments()).isGreaterThan(1);
    assertThat(report.lines()).isGreaterThanOrEqualTo(500 + report.segments());
    assertThat(report.unsignedLines()).isZero();
  }

  @Test
  void goesOnInANewSegmentAfterARestart() throws Exception {
    AuditHead remembered;
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));
      remembered = log.head();
    }
    try (var log = reopen(Optional.of(remembered))) {
      get(log.result(issuance("r1")));
    }

    assertThat(verify(Optional.of(remembered)).findings()).isEmpty();
    assertThat(Files.readAllLines(segment(2)).getFirst()).contains("\"segment\":2");
  }

  @Test
  void cutsOffALineThatACrashLeftTornAndSaysHowMuch() throws Exception {
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));
    }
    Files.writeString(segment(1), "{\"sequ", StandardOpenOption.APPEND);
    assertThat(verify(Optional.empty()).tornBytes()).isEqualTo(6);

    try (var log = reopen(Optional.empty())) {
      get(log.intent(issuance("r2")));
    }

    assertThat(verify(Optional.empty()).findings()).isEmpty();
    assertThat(Files.readAllLines(segment(2)).getFirst()).contains("\"torn_bytes\":6");
  }

  /// A power cut may keep the end of an unflushed write and lose its beginning.
  @Test
  void cutsOffWhatStandsBehindAHole() throws Exception {
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));
    }
    var lines = Files.readAllLines(segment(1));
    var rest = "{\"seq\0\0\0\0\n" + lines.getLast() + "\n";
    Files.writeString(segment(1), rest, StandardOpenOption.APPEND);
    var torn = rest.length();
    assertThat(verify(Optional.empty()).tornBytes()).isEqualTo(torn);

    try (var log = reopen(Optional.empty())) {
      get(log.intent(issuance("r2")));
    }

    assertThat(verify(Optional.empty()).findings()).isEmpty();
    assertThat(Files.readAllLines(segment(1))).isEqualTo(lines);
    assertThat(Files.readAllLines(segment(2)).getFirst()).contains("\"torn_bytes\":" + torn);
  }

  /// A line that was acknowledged is not cut off with the rest: that is no crash.
  @Test
  void leavesAHoleAloneThatAnAcknowledgedLineStandsBehind() throws Exception {
    AuditHead remembered;
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));
      remembered = log.head();
    }
    var bytes = Files.readAllBytes(segment(1));
    bytes[3] = 0;
    Files.write(segment(1), bytes);

    assertThatThrownBy(() -> reopen(Optional.of(remembered)))
        .isInstanceOf(AuditRefusedException.class);

    assertThat(segment(1)).hasBinaryContent(bytes);
  }

  @Test
  void refusesToGoOnWithoutALineThatSomebodyRemembers() throws Exception {
    AuditHead remembered;
    try (var log = open(Long.MAX_VALUE)) {
      get(log.intent(issuance("r1")));
      remembered = log.head();
    }
    var other = new AuditHead(remembered.sequence(), "0".repeat(64));
    assertThatThrownBy(() -> reopen(Optional.of(other)))
        .isInstanceOf(AuditRefusedException.class)
        .hasMessageContaining("line 2");
    Files.delete(segment(1));
    assertThatThrownBy(() -> reopen(Optional.of(remembered)))
        .isInstanceOf(AuditRefusedException.class);
  }

  @Test
  void refusesEventsAfterItWasClosed() throws Exception {
    var log = open(Long.MAX_VALUE);
    log.close();

    assertThat(log.intent(issuance("r")).cause()).isInstanceOf(AuditUnavailableException.class);
  }

  @Test
  void failsWhileTheDiskDoesNotTakeItAndRecoversByItself() throws Exception {
    try (var log = open(1)) {
      // A segment this small is full at once; a directory stands where the next one belongs.
      Files.createDirectory(segment(2));
      Files.createFile(segment(2).resolve("x"));
      assertThat(failureOf(log.intent(issuance("r2"))))
          .isInstanceOf(AuditUnavailableException.class);
      assertThat(log.fault()).isPresent();

      Files.delete(segment(2).resolve("x"));
      Files.delete(segment(2));
      get(log.intent(issuance("r3")));
      assertThat(log.fault()).isEmpty();
    }
    assertThat(verify(Optional.empty()).findings()).isEmpty();
  }

  @Test
  void writesDenialsAtALimitedRateAndCountsTheRest() throws Exception {
    try (var log = open(Long.MAX_VALUE)) {
      for (var i = 0; i < 100; i++) {
        log.denied(denial());
      }
      clock.advance(Duration.ofHours(1));
      log.denied(denial());
      get(log.intent(issuance("r")));
      for (var i = 0; i < 30; i++) {
        log.denied(denial());
      }
    }

    var lines = Files.readAllLines(segment(1));
    assertThat(lines).filteredOn(line -> line.contains("\"denied_call\"")).hasSize(40);
    assertThat(lines)
        .filteredOn(line -> line.contains("\"denials_left_out\""))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .contains("\"caller\":{\"kind\":\"system\"},\"count\":80,\"since\":\"" + NOW),
            line -> assertThat(line).contains("\"count\":11,"));
    assertThat(verify(Optional.empty()).unsignedLines()).isZero();
  }

  @Test
  void tellsWitnessesEverySignedPlace() throws Exception {
    var seen = new java.util.concurrent.LinkedBlockingQueue<AuditHead>();
    var options =
        new AuditOptions(
            directory(),
            "member",
            Long.MAX_VALUE,
            64,
            Duration.ofMillis(20),
            AuditRetention.FOREVER);
    try (var log = AuditLog.open(options, key, clock, Optional.empty())) {
      log.onSignedHead(seen::add);
      get(log.intent(issuance("r")));

      var head = seen.poll(30, TimeUnit.SECONDS);
      assertThat(head).isNotNull();
      assertThat(verify(Optional.of(head)).findings()).isEmpty();
    }
  }

  static Stream<Arguments> tamperings() {
    return Stream.of(
        tampering("an edited value", Kind.BROKEN_CHAIN, d -> edit(d, 2, 2, "\"7\"", "\"8\"")),
        tampering("a removed line", Kind.BROKEN_CHAIN, d -> rewrite(d, 2, List.of(2), false)),
        tampering("a line written twice", Kind.BROKEN_CHAIN, d -> rewrite(d, 2, List.of(2), true)),
        tampering("a line of garbage", Kind.UNREADABLE_LINE, d -> edit(d, 2, 2, "{", "")),
        tampering("a removed first segment", Kind.MISSING_SEGMENT, d -> Files.delete(file(d, 1))),
        tampering("a removed segment", Kind.MISSING_SEGMENT, d -> Files.delete(file(d, 2))),
        tampering("a removed last segment", Kind.CUT_TAIL, d -> Files.delete(file(d, 3))),
        tampering("a cut tail", Kind.CUT_TAIL, d -> rewrite(d, 3, List.of(2, 3, 4), false)),
        tampering(
            "an emptied segment", Kind.REPLACED_SEGMENT, d -> Files.write(file(d, 2), new byte[0])),
        tampering(
            "a segment in another's place",
            Kind.REPLACED_SEGMENT,
            d ->
                Files.copy(
                    file(d, 1), file(d, 2), java.nio.file.StandardCopyOption.REPLACE_EXISTING)),
        tampering(
            "another member's name",
            Kind.BAD_SIGNATURE,
            d -> edit(d, 1, 1, "\"member\":\"member\"", "\"member\":\"x\"")),
        tampering("another key's name", Kind.UNKNOWN_KEY, d -> edit(d, 1, 1, "key-1", "key-9")),
        tampering("an edit with all digests made anew", Kind.BAD_SIGNATURE, AuditLogTest::rehash),
        tampering("a rewritten end", Kind.FORKED, AuditLogTest::rewriteEnd),
        tampering(
            "no log at all",
            Kind.CUT_TAIL,
            d -> {
              for (var i = 1; i <= 3; i++) {
                Files.delete(file(d, i));
              }
            }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tamperings")
  void findsWhatWasChanged(String name, Kind expected, Tampering tampering) throws Exception {
    var remembered = AuditHead.START;
    for (var start = 1; start <= 3; start++) {
      try (var log = reopen(Optional.empty())) {
        get(log.intent(issuance("a")));
        get(log.intent(issuance("b")));
        remembered = log.head();
      }
    }
    assertThat(verify(Optional.of(remembered)).findings()).isEmpty();

    tampering.apply(directory());

    assertThat(verify(Optional.of(remembered)).findings())
        .extracting(AuditReport.Finding::kind)
        .contains(expected);
  }

  @FunctionalInterface
  interface Tampering {
    void apply(Path directory) throws Exception;
  }

  private static Arguments tampering(String name, Kind expected, Tampering tampering) {
    return Arguments.of(name, expected, tampering);
  }

  private static void edit(Path directory, int segment, int line, String from, String to)
      throws Exception {
    var lines = new ArrayList<>(Files.readAllLines(file(directory, segment)));
    var edited = lines.get(line - 1).replace(from, to);
    assertThat(edited).isNotEqualTo(lines.get(line - 1));
    lines.set(line - 1, edited);
    Files.write(file(directory, segment), lines);
  }

  /// Removes these lines, or writes the first of them twice.
  private static void rewrite(Path directory, int segment, List<Integer> numbers, boolean twice)
      throws Exception {
    var lines = Files.readAllLines(file(directory, segment));
    var kept = new ArrayList<String>();
    for (var i = 1; i <= lines.size(); i++) {
      if (twice || !numbers.contains(i)) {
        kept.add(lines.get(i - 1));
      }
      if (twice && numbers.contains(i)) {
        kept.add(lines.get(i - 1));
      }
    }
    Files.write(file(directory, segment), kept);
  }

  /// What a clever editor does: edits line 2 and makes every later digest fit.
  private static void rehash(Path directory) throws Exception {
    var before = AuditLines.digest(Files.readAllLines(file(directory, 1)).getFirst());
    for (var segment = 1; segment <= 3; segment++) {
      var lines = new ArrayList<>(Files.readAllLines(file(directory, segment)));
      for (var i = segment == 1 ? 1 : 0; i < lines.size(); i++) {
        var fitted =
            lines
                .get(i)
                .replace("\"serial\":\"7\"", "\"serial\":\"8\"")
                .replaceFirst("\"previous\":\"[0-9a-f]{64}\"", "\"previous\":\"" + before + "\"");
        lines.set(i, fitted);
        before = AuditLines.digest(fitted);
      }
      Files.write(file(directory, segment), lines);
    }
  }

  /// Cuts everything after the last segment's head and writes two lines of its own there.
  private static void rewriteEnd(Path directory) throws Exception {
    var head = Files.readAllLines(file(directory, 3)).getFirst();
    var place = ParsedLine.parse(head).orElseThrow().head();
    var first = AuditLines.plain(place, NOW, "\"type\":\"backup\"");
    var second = AuditLines.plain(AuditLines.after(place, first), NOW, "\"type\":\"backup\"");
    Files.write(file(directory, 3), List.of(head, first, second));
  }

  private static Path file(Path directory, int number) {
    return Segments.fileOf(directory, number);
  }

  private Path segment(int number) {
    return file(directory(), number);
  }

  private Path directory() {
    return temporary.resolve("audit");
  }

  private AuditLog open(long segmentMaxBytes) {
    var options =
        new AuditOptions(
            directory(),
            "member",
            segmentMaxBytes,
            1024,
            Duration.ofSeconds(10),
            AuditRetention.FOREVER);
    return AuditLog.open(options, key, clock, Optional.empty());
  }

  private AuditLog reopen(Optional<AuditHead> remembered) {
    return AuditLog.open(
        AuditOptions.of(directory(), "member", AuditRetention.FOREVER), key, clock, remembered);
  }

  private AuditReport verify(Optional<AuditHead> remembered) throws Exception {
    return AuditVerifier.verify(directory(), Map.of("key-1", key.publicKey()), remembered);
  }

  private static AuditEvent issuance(String requestId) {
    var origin = new AuditOrigin(requestId, Map.of("kind", "agent", "note", "a\nb\u2028\ud800"));
    var item =
        new AuditEvent.X509Item("entry", ID, BigInteger.valueOf(7), NOW, "ab".repeat(32), "cd");
    return new AuditEvent.X509Issuance(origin, AuditEvent.Purpose.WORKLOAD, List.of(item));
  }

  private static AuditEvent.DeniedCall denial() {
    return new AuditEvent.DeniedCall(AuditOrigin.system(), "Method", "not allowed");
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Throwable failureOf(Future<Void> future) throws Exception {
    return future
        .toCompletionStage()
        .handle((_, fault) -> fault == null ? new AssertionError("no failure") : fault)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }
}
