package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;

/// A connection to a Unix socket.
///
/// The JDK gives such channels no read timeout; so the channel does not block, and a selector does,
/// for as long as the limit allows.
public final class UnixConnection implements Connection {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final TimeLimit limit;

  private UnixConnection(SocketChannel channel, Selector selector, TimeLimit limit)
      throws IOException {
    this.channel = channel;
    this.selector = selector;
    this.limit = limit;
    channel.configureBlocking(false);
    this.key = channel.register(selector, 0);
  }

  /// Connects. Blocks while the daemon's queue is full; an interrupt ends that.
  public static UnixConnection open(Path socket, TimeLimit limit) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new UnixConnection(channel, Selector.open(), limit);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public InputStream in() {
    return new In();
  }

  @Override
  public OutputStream out() {
    return new Out();
  }

  @Override
  public void close() throws IOException {
    try (selector) {
      channel.close();
    }
  }

  private void await(int operation) throws IOException {
    key.interestOps(operation);
    int ready = selector.select(limit.leftMillis());
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    if (ready == 0) {
      throw limit.passed();
    }
    selector.selectedKeys().clear();
  }

  private final class In extends InputStream {
    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (length == 0) {
        return 0;
      }
      var room = ByteBuffer.wrap(bytes, offset, length);
      for (int count = channel.read(room); ; count = channel.read(room)) {
        if (count != 0) {
          return count;
        }
        await(SelectionKey.OP_READ);
      }
    }
  }

  private final class Out extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      var left = ByteBuffer.wrap(bytes, offset, length);
      while (left.hasRemaining()) {
        if (channel.write(left) == 0) {
          await(SelectionKey.OP_WRITE);
        }
      }
    }
  }
}
