package dev.entente.runtime;

import java.io.IOException;
import java.nio.file.Path;

/// A process that holds the lock of a directory until it is killed.
final class LockHolder {
  private LockHolder() {}

  public static void main(String[] args) throws IOException {
    try (var _ = DurableFiles.lock(Path.of(args[0]))) {
      System.out.println("locked");
      System.in.read();
    }
  }
}
