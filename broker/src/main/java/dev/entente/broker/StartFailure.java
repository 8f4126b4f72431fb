package dev.entente.broker;

import dev.entente.broker.audit.AuditRefusedException;
import dev.entente.broker.authority.AuthorityStartException;
import dev.entente.broker.authority.KeyManagerException;
import dev.entente.broker.store.StoreRefusedException;
import java.io.IOException;
import java.util.Optional;

/// Why a broker did not start, in the form a person reads: `error[CODE]: …`, then the cure where
/// one is known.
///
/// @param code stable, to be looked up in the documentation
record StartFailure(String code, String message, Optional<String> cure) {
  static StartFailure of(Throwable cause) {
    return switch (cause) {
      case StoreRefusedException store ->
          new StartFailure(store.code().name(), text(store), Optional.of(store.cure()));
      case AuthorityStartException authority ->
          new StartFailure(authority.code().name(), text(authority), Optional.of(authority.cure()));
      case AuditRefusedException audit ->
          new StartFailure("AUDIT_REFUSED", text(audit), Optional.empty());
      case KeyManagerException keys ->
          new StartFailure("KEYS_REFUSED", text(keys), Optional.empty());
      case IOException io -> new StartFailure("START_FAILED", text(io), Optional.empty());
      default -> new StartFailure("INTERNAL", cause.toString(), Optional.empty());
    };
  }

  private static String text(Throwable cause) {
    return String.valueOf(cause.getMessage());
  }

  @Override
  public String toString() {
    var first = "error[" + code + "]: broker did not start: " + message;
    return cure.map(fix -> first + System.lineSeparator() + "fix: " + fix).orElse(first);
  }
}
