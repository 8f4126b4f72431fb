package dev.entente.broker;

import dev.entente.broker.audit.AuditRefusedException;
import dev.entente.broker.authority.AuthorityStartException;
import dev.entente.broker.authority.KeyManagerException;
import dev.entente.broker.store.StoreRefusedException;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.DaemonFailure;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Why a broker did not start: each way it can be refused has its code, and a cure where one is
/// known.
final class StartFailure {
  private static final String AUDIT_CURE =
      "put the directory back as it was, mode 0700 and owned by the broker's user; if the log is"
          + " lost, see \"The audit log is lost\" in docs/operating/backup.md";

  private static final String KEYS_CURE =
      "give the directory mode 0700 and each key file 0600, owned by the broker's user; put a"
          + " damaged file back from a copy";

  private StartFailure() {}

  static DaemonFailure of(Throwable cause) {
    return switch (cause) {
      case ConfigException config -> DaemonFailure.of("broker", config);
      case StoreRefusedException store -> failure(store.code().name(), store, store.cure());
      case AuthorityStartException authority ->
          failure(authority.code().name(), authority, authority.cure());
      case AuditRefusedException audit -> failure("AUDIT_REFUSED", audit, AUDIT_CURE);
      case KeyManagerException keys -> failure("KEYS_REFUSED", keys, KEYS_CURE);
      case IOException io ->
          new DaemonFailure("START_FAILED", sentence(io.getMessage()), Optional.empty());
      default -> new DaemonFailure("INTERNAL", sentence(cause.toString()), Optional.empty());
    };
  }

  private static DaemonFailure failure(String code, Throwable cause, String cure) {
    return new DaemonFailure(code, sentence(cause.getMessage()), Optional.of(cure));
  }

  private static String sentence(@Nullable String why) {
    return "broker did not start: " + why;
  }
}
