package dev.entente.broker.store;

import dev.entente.broker.store.StoreException.Kind;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Turns the database's words into ours.
final class Faults {
  private Faults() {}

  /// Wraps whatever a statement threw.
  static StoreException of(String doing, Exception cause) {
    if (cause instanceof StoreException already) {
      return already;
    }
    var kind = kindOf(cause);
    return new StoreException(kind, doing + " failed: " + explain(kind, cause), cause);
  }

  /// Wraps what `COMMIT` threw. After an input or output error nobody knows what reached the disk.
  static StoreException ofCommit(Exception cause) {
    var kind = kindOf(cause) == Kind.IO ? Kind.UNKNOWN : kindOf(cause);
    return new StoreException(kind, "committing failed: " + explain(kind, cause), cause);
  }

  /// Whether the whole transaction is lost, not just the statement.
  static boolean endsTransaction(Exception cause) {
    return switch (kindOf(cause)) {
      case DISK_FULL, READ_ONLY, BUSY, CORRUPT, CLOSED, UNKNOWN, IO -> true;
      case OVERLOADED, INTERNAL -> false;
    };
  }

  static Kind kindOf(Exception cause) {
    if (cause instanceof StoreException ours) {
      return ours.kind();
    }
    return cause instanceof SQLException sql ? kindOf(primaryCode(sql)) : Kind.INTERNAL;
  }

  private static Kind kindOf(int primaryCode) {
    return switch (SQLiteErrorCode.getErrorCode(primaryCode)) {
      case SQLITE_FULL -> Kind.DISK_FULL;
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH -> Kind.READ_ONLY;
      case SQLITE_BUSY, SQLITE_LOCKED -> Kind.BUSY;
      case SQLITE_CORRUPT, SQLITE_NOTADB -> Kind.CORRUPT;
      case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_INTERRUPT -> Kind.IO;
      default -> Kind.INTERNAL;
    };
  }

  /// Extended codes carry the primary one in their lowest byte.
  private static int primaryCode(SQLException cause) {
    var code = cause instanceof SQLiteException sqlite ? sqlite.getResultCode().code : 0;
    return (code == 0 ? cause.getErrorCode() : code) & 0xff;
  }

  private static String explain(Kind kind, Exception cause) {
    return switch (kind) {
      case DISK_FULL -> "the disk or its quota is full; free some space, nothing was changed";
      case READ_ONLY -> "the store file cannot be written; check its mode and its file system";
      case BUSY -> "another process held the store for longer than the busy timeout";
      case CORRUPT -> "the store file is damaged; restore a backup";
      case UNKNOWN -> "the write may or may not have happened; read before repeating it";
      case IO, INTERNAL, OVERLOADED, CLOSED -> String.valueOf(cause.getMessage());
    };
  }
}
