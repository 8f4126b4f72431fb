package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Row;
import java.time.Instant;
import java.util.Optional;

/// One authority as an operator sees it.
///
/// @param authorityId subject key id in lower-case hex, or the `kid` of the ES256 key
/// @param publishedAt when its public half came into the bundle
/// @param expiresAt when it ends
/// @param mayActivateAt from when it may sign without being hurried
/// @param upstreamId subject key id of the upstream root an X.509 authority stands under; empty if
///   it is a root itself
public record AuthorityView(
    String authorityId,
    Instant publishedAt,
    Instant expiresAt,
    Instant mayActivateAt,
    Optional<String> upstreamId) {
  static AuthorityView of(Row row, RotationSchedule schedule) {
    return new AuthorityView(
        row.authorityId(),
        row.publishedAt(),
        row.notAfter(),
        schedule.mature(row.publishedAt()),
        Rows.upstreamId(row));
  }
}
