package dev.entente.attestors.gcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/// One request to the launcher of a Confidential Space, which speaks HTTP on a Unix socket.
///
/// It is asked in HTTP/1.0 (RFC 1945), so that the answer ends with the connection and has no
/// chunks. The JDK gives such sockets no read timeout; so the channel does not block, and a
/// selector does, for as long as the limit allows.
///
/// @param timeLimit for the whole answer
/// @param answerMaxBytes a longer one is an error, its head included
record LauncherSocket(Path path, Duration timeLimit, int answerMaxBytes) {
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /// @param status such as 200
  record Answer(int status, byte[] body) {}

  /// Posts JSON.
  ///
  /// @throws IOException if there is no complete answer within the limits
  Answer post(String target, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    var head =
        "POST "
            + target
            + " HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    long end = System.nanoTime() + timeLimit.toNanos();
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        var selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(path));
      channel.configureBlocking(false);
      var key = channel.register(selector, 0);
      var request = ByteBuffer.allocate(head.length() + body.length);
      request.put(head.getBytes(StandardCharsets.US_ASCII)).put(body).flip();
      for (channel.write(request); request.hasRemaining(); channel.write(request)) {
        await(key, SelectionKey.OP_WRITE, end);
      }
      return parse(read(channel, key, end));
    } catch (IOException e) {
      throw new IOException("POST " + target + " at " + path + ": " + e.getMessage(), e);
    }
  }

  private byte[] read(SocketChannel channel, SelectionKey key, long end) throws IOException {
    var answer = new ByteArrayOutputStream();
    var part = ByteBuffer.allocate(4096);
    for (int count = channel.read(part); count >= 0; count = channel.read(part.clear())) {
      answer.write(part.array(), 0, count);
      if (answer.size() > answerMaxBytes) {
        throw new IOException("the answer is over " + answerMaxBytes + " bytes");
      }
      if (count == 0) {
        await(key, SelectionKey.OP_READ, end);
      }
    }
    return answer.toByteArray();
  }

  private void await(SelectionKey key, int operation, long end) throws IOException {
    key.interestOps(operation);
    long leftMillis = (end - System.nanoTime()) / 1_000_000;
    int ready = leftMillis <= 0 ? 0 : key.selector().select(leftMillis);
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    if (ready == 0) {
      throw new IOException("no complete answer within " + timeLimit);
    }
    key.selector().selectedKeys().clear();
  }

  /// Takes an answer apart; how long it is was said by the end of the connection.
  static Answer parse(byte[] answer) throws IOException {
    int head = headEnd(answer);
    var line = new String(answer, 0, Math.min(answer.length, 12), StandardCharsets.ISO_8859_1);
    if (head < 0 || !line.matches("HTTP/1\\.[01] [1-5][0-9]{2}")) {
      throw new IOException("not an answer in HTTP");
    }
    return new Answer(
        Integer.parseInt(line.substring(9)),
        Arrays.copyOfRange(answer, head + HEAD_END.length, answer.length));
  }

  private static int headEnd(byte[] answer) {
    for (int at = 0; at + HEAD_END.length <= answer.length; at++) {
      if (Arrays.equals(answer, at, at + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
        return at;
      }
    }
    return -1;
  }
}
