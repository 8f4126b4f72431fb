package dev.entente.broker.authority;

import java.time.Duration;
import java.time.Instant;

/// When the next authority is made and when it takes over; SPIRE's schedule, moved earlier where
/// the time a key must be published needs it.
///
/// @param prepareWhenLeft lifetime left to the active authority at which the next is prepared
/// @param activateWhenLeft lifetime left at which the next takes over; also the longest lifetime of
///   an SVID that is certain not to be cut short by its authority's end
/// @param lead how long an authority is published before it signs
record RotationSchedule(Duration prepareWhenLeft, Duration activateWhenLeft, Duration lead) {
  private static final Duration PREPARE_AT_MOST = Duration.ofDays(30);
  private static final Duration ACTIVATE_AT_MOST = Duration.ofDays(7);

  static RotationSchedule of(Duration lifetime, Duration lead) {
    var activate = shorter(lifetime.dividedBy(6), ACTIVATE_AT_MOST);
    var prepare = shorter(lifetime.dividedBy(2), PREPARE_AT_MOST);
    var earliest = activate.plus(lead);
    return new RotationSchedule(
        prepare.compareTo(earliest) > 0 ? prepare : earliest, activate, lead);
  }

  boolean isTimeToPrepare(Instant notAfter, Instant now) {
    return !now.isBefore(notAfter.minus(prepareWhenLeft));
  }

  boolean isTimeToActivate(Instant notAfter, Instant now) {
    return !now.isBefore(notAfter.minus(activateWhenLeft));
  }

  /// From when an authority that was published then may sign.
  Instant mature(Instant publishedAt) {
    return publishedAt.plus(lead);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
