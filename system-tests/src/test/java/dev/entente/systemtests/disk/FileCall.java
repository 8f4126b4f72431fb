package dev.entente.systemtests.disk;

import java.nio.file.Path;
import java.util.OptionalLong;

/// One system call on the files below the traced directory.
///
/// A number `fd` is what the program called the open file; `at` is the file's name, as the kernel
/// knew it.
sealed interface FileCall {
  /// A file was opened; made, if it was not there and `creates`; emptied if `truncates`.
  record Open(int fd, Path at, boolean creates, boolean truncates, boolean appends)
      implements FileCall {}

  /// Another number for an open file.
  record Duplicate(int fd, int copy) implements FileCall {}

  /// Bytes were written: where the file stands if no offset is given.
  ///
  /// @param returned what the kernel took; less than `bytes` if the write was cut short
  record Write(int fd, Path at, OptionalLong offset, byte[] bytes, int returned)
      implements FileCall {}

  /// The file stands elsewhere.
  record Seek(int fd, long offset) implements FileCall {}

  /// The file was cut off or filled up to a length.
  record Truncate(int fd, Path at, long length) implements FileCall {}

  /// A file or directory was flushed.
  ///
  /// @param asked how many calls had ended when this one began: only those are covered
  record Flush(int fd, Path at, long asked) implements FileCall {}

  record MakeDirectory(Path at) implements FileCall {}

  record Rename(Path from, Path to) implements FileCall {}

  /// A file's name is gone.
  record Remove(Path at) implements FileCall {}
}
