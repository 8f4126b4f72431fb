package dev.entente.rpc;

/// A process held by a descriptor: while it is open, the kernel never takes another process for it.
final class PidFd implements WatchedProcess {
  private static final int CLOSED = -1;

  // Guarded by this object, so that a reused descriptor number is never asked or closed.
  private int descriptor;

  PidFd(int descriptor) {
    this.descriptor = descriptor;
  }

  @Override
  public synchronized boolean isAlive() {
    return descriptor != CLOSED && !NativeCalls.isReadable(descriptor);
  }

  @Override
  public synchronized void close() {
    if (descriptor != CLOSED) {
      NativeCalls.close(descriptor);
      descriptor = CLOSED;
    }
  }
}
