package dev.entente.broker.store;

/// The store was not opened, because going on could lose or fork what it holds.
public final class StoreRefusedException extends RuntimeException {
  /// Why. The name is what an operator sees and looks up.
  public enum Code {
    /// Another process has the data directory open.
    STORE_IN_USE,
    /// The file belongs to another trust domain.
    STORE_OTHER_TRUST_DOMAIN,
    /// The file was written by a newer version of Entente.
    STORE_NEWER_SCHEMA,
    /// The file knows less than this directory has already seen: an old copy.
    STORE_OLDER,
    /// The file has another epoch than this directory has seen: a restored or foreign copy.
    STORE_EPOCH_CHANGED,
    /// This directory has seen a store, and now there is none, or an empty one.
    STORE_EMPTIED,
    /// There is a store, but not the file that remembers how far it was.
    WITNESS_MISSING,
    /// The file that remembers how far the store was cannot be read.
    WITNESS_UNREADABLE,
    /// The database does not keep a setting that durability depends on.
    STORE_SETTING_REFUSED,
    /// The file cannot be opened, or is damaged.
    STORE_UNREADABLE
  }

  private final Code code;
  private final String cure;

  StoreRefusedException(Code code, String message, String cure) {
    super(message);
    this.code = code;
    this.cure = cure;
  }

  StoreRefusedException(Code code, String message, String cure, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.cure = cure;
  }

  public Code code() {
    return code;
  }

  /// What an operator can do about it, in one sentence.
  public String cure() {
    return cure;
  }
}
