package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Two streams to a daemon. Reads and writes block, at most until the limit the connection was
/// opened with, and then fail with [java.net.SocketTimeoutException].
public interface Connection extends AutoCloseable {
  /// What the daemon says.
  InputStream in() throws IOException;

  /// What it is told; nothing is held back.
  OutputStream out() throws IOException;

  @Override
  void close() throws IOException;
}
