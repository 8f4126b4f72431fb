package dev.entente.federation;

import java.time.Instant;
import java.util.Optional;

/// How one relationship fares.
///
/// @param lastSuccess when a bundle was last fetched, changed or not
/// @param lastAttempt when a fetch was last tried
/// @param failuresInARow fetches that failed or were refused since the last success
/// @param lastProblem code and sentence of the last failure, kept until the next success
public record RelationshipHealth(
    Optional<Instant> lastSuccess,
    Optional<Instant> lastAttempt,
    int failuresInARow,
    Optional<String> lastProblem) {
  static final RelationshipHealth UNTRIED =
      new RelationshipHealth(Optional.empty(), Optional.empty(), 0, Optional.empty());

  RelationshipHealth succeeded(Instant now) {
    return new RelationshipHealth(Optional.of(now), Optional.of(now), 0, Optional.empty());
  }

  RelationshipHealth failed(Instant now, String problem) {
    return new RelationshipHealth(
        lastSuccess, Optional.of(now), failuresInARow + 1, Optional.of(problem));
  }
}
