package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Row;
import java.time.Instant;

/// One authority as an operator sees it.
///
/// @param authorityId subject key id in lower-case hex, or the `kid` of the ES256 key
/// @param publishedAt when its public half came into the bundle
/// @param expiresAt when it ends
/// @param mayActivateAt from when it may sign without being hurried
public record AuthorityView(
    String authorityId, Instant publishedAt, Instant expiresAt, Instant mayActivateAt) {
  static AuthorityView of(Row row, RotationSchedule schedule) {
    return new AuthorityView(
        row.authorityId(), row.publishedAt(), row.notAfter(), schedule.mature(row.publishedAt()));
  }
}
