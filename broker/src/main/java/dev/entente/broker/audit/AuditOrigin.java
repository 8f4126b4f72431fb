package dev.entente.broker.audit;

import java.util.Map;
import java.util.UUID;

/// Who asked, and in which call.
///
/// @param requestId the same for every line one call leaves
/// @param caller what is known of the caller: `kind` (`agent`, `admin`, `local`, `downstream`,
///   `anonymous`, `system`) and, as far as it applies, `spiffe_id`, `address`, `uid`, `gid`, `pid`,
///   `path`
public record AuditOrigin(String requestId, Map<String, String> caller) {
  /// Copies the map.
  public AuditOrigin {
    caller = Map.copyOf(caller);
  }

  /// A new request of this caller.
  public static AuditOrigin of(Map<String, String> caller) {
    return new AuditOrigin(UUID.randomUUID().toString(), caller);
  }

  /// A step the broker takes by itself.
  public static AuditOrigin system() {
    return of(Map.of("kind", "system"));
  }
}
