package dev.entente.systemtests.disk;

/// A file or a directory: what is on the disk for certain, and what was done since.
sealed interface Node permits Bytes, Folder {
  /// Makes certain every change before the call of that number.
  ///
  /// @param asked how many calls had ended when the flush began
  void flush(long asked);
}
