package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.Optional;
import java.util.regex.Pattern;

/// Takes the chunked transfer coding off (RFC 9112 §7.1). Extensions of chunks are skipped; what
/// follows the last chunk is not read.
final class ChunkedStream extends InputStream {
  private static final Pattern SIZE = Pattern.compile("([0-9A-Fa-f]{1,8})[ \t]*(;.*)?");
  private static final int HEX = 16;

  private final InputStream in;
  private Optional<SizedStream> chunk = Optional.empty();
  private boolean ended;

  ChunkedStream(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (ended || length == 0) {
      return ended ? -1 : 0;
    }
    if (chunk.isEmpty()) {
      long size = size(HttpAnswer.line(in));
      if (size == 0) {
        ended = true;
        return -1;
      }
      chunk = Optional.of(new SizedStream(in, size));
    }
    int count = chunk.get().read(bytes, offset, length);
    if (chunk.get().isRead()) {
      chunk = Optional.empty();
      if (!HttpAnswer.line(in).isEmpty()) {
        throw new ProtocolException("chunk is longer than it says");
      }
    }
    return count;
  }

  private static long size(String line) throws ProtocolException {
    var size = SIZE.matcher(line);
    if (!size.matches()) {
      throw new ProtocolException("chunk without a size");
    }
    return Long.parseLong(size.group(1), HEX);
  }
}
