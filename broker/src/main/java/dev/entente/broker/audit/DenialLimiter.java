package dev.entente.broker.audit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Lets so many denials into the log and counts the rest by caller, so that whoever is denied
/// cannot fill the disk by asking again.
///
/// Three bounds stand together: per second, so that a flood leaves the queue to others; per hour,
/// so that a patient one does not fill the disk; per caller and hour, so that one caller does not
/// use up what belongs to all. Hours follow each other from the first denial on.
final class DenialLimiter {
  static final int PER_SECOND = 20;

  /// About two megabytes an hour.
  static final int PER_HOUR = 5_000;

  static final int PER_CALLER_AND_HOUR = 100;

  /// Callers counted each for itself in one hour; all further ones are counted as one.
  static final int CALLERS_MAX = 1_024;

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Map<String, String> OTHERS = Map.of("kind", "others");

  private final InstantSource clock;

  /// All guarded by this object.
  private final Map<Map<String, String>, Count> callers = new HashMap<>();

  private final List<LeftOut> finished = new ArrayList<>();
  private Instant hour = Instant.MIN;
  private int admittedInHour;
  private long second;
  private int admittedInSecond;

  DenialLimiter(InstantSource clock) {
    this.clock = clock;
  }

  /// Denials of one caller that were not written.
  ///
  /// @param caller as in its lines, without the process id
  /// @param since when the hour began in which they were counted
  record LeftOut(Map<String, String> caller, long count, Instant since) {}

  private static final class Count {
    private int admitted;
    private long leftOut;
  }

  /// Whether a denial of this caller is written; if not, it is counted.
  synchronized boolean admits(Map<String, String> caller) {
    var now = clock.instant();
    startHour(now);
    startSecond(now.getEpochSecond());
    var count = countOf(caller);
    var admitted =
        admittedInSecond < PER_SECOND
            && admittedInHour < PER_HOUR
            && count.admitted < PER_CALLER_AND_HOUR;
    if (admitted) {
      admittedInSecond++;
      admittedInHour++;
      count.admitted++;
    } else {
      count.leftOut++;
    }
    return admitted;
  }

  /// What was left out in hours that are over; each is given once.
  synchronized List<LeftOut> finished() {
    if (!callers.isEmpty()) {
      startHour(clock.instant());
    }
    var given = List.copyOf(finished);
    finished.clear();
    return given;
  }

  /// What was left out up to now; each is given once.
  synchronized List<LeftOut> all() {
    endHour();
    return finished();
  }

  /// One process after the other may be denied for the same user.
  private Count countOf(Map<String, String> caller) {
    var who = new HashMap<>(caller);
    who.remove("pid");
    var known = callers.get(who);
    if (known != null) {
      return known;
    }
    var counted = callers.size() < CALLERS_MAX ? Map.copyOf(who) : OTHERS;
    return callers.computeIfAbsent(counted, _ -> new Count());
  }

  /// A clock that was set back begins an hour as well.
  private void startHour(Instant now) {
    if (now.isBefore(hour) || !now.isBefore(hour.plus(HOUR))) {
      endHour();
      hour = now;
    }
  }

  private void endHour() {
    callers.forEach((caller, count) -> {
      if (count.leftOut > 0) {
        finished.add(new LeftOut(caller, count.leftOut, hour));
      }
    });
    callers.clear();
    admittedInHour = 0;
  }

  private void startSecond(long now) {
    if (now != second) {
      second = now;
      admittedInSecond = 0;
    }
  }
}
