package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/// A known number of bytes of another stream; fails if that ends before.
final class SizedStream extends InputStream {
  private final InputStream in;
  private long leftBytes;

  SizedStream(InputStream in, long sizeBytes) {
    this.in = in;
    this.leftBytes = sizeBytes;
  }

  boolean isRead() {
    return leftBytes == 0;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (leftBytes == 0) {
      return -1;
    }
    int count = in.read(bytes, offset, (int) Math.min(length, leftBytes));
    if (count < 0) {
      throw new ProtocolException("answer is cut short");
    }
    leftBytes -= count;
    return count;
  }
}
