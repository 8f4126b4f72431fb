package dev.entente.broker.store;

/// The store could not do what was asked; nothing was changed unless [Kind#UNKNOWN] says otherwise.
public final class StoreException extends RuntimeException {
  /// What kept the store from doing it.
  public enum Kind {
    /// Too many writes wait already; the same call may work a moment later.
    OVERLOADED,
    /// The disk, or the quota, is full.
    DISK_FULL,
    /// The file or its file system cannot be written.
    READ_ONLY,
    /// Another process held the file for longer than the busy timeout.
    BUSY,
    /// The file is damaged.
    CORRUPT,
    /// The store was closed.
    CLOSED,
    /// The commit itself failed, so the write may or may not have happened: read before repeating.
    UNKNOWN,
    /// Reading or writing failed for another reason of the operating system.
    IO,
    /// Our own reasoning is broken.
    INTERNAL
  }

  private final Kind kind;

  StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
