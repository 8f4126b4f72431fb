package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/// Another stream, which may have no more than so many bytes.
final class BoundedStream extends InputStream {
  private final InputStream in;
  private final int maxBytes;
  private long readBytes;

  BoundedStream(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = in.read(bytes, offset, length);
    readBytes += Math.max(count, 0);
    if (readBytes > maxBytes) {
      throw new ProtocolException("answer larger than " + maxBytes + " bytes");
    }
    return count;
  }
}
