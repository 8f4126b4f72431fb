package dev.entente.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A container engine on a Unix socket: answers each GET with the bytes that were recorded for its
/// target, and anything else with 404. Any thread may call.
public final class FakeEngine implements AutoCloseable {
  private static final String HEAD_END = "\r\n\r\n";
  private static final String NOT_FOUND = json(404, "{\"message\":\"no such thing\"}");

  private final ServerSocketChannel server;
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final Set<String> silent = ConcurrentHashMap.newKeySet();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

  /// An engine that listens at `socket`, which must not exist.
  public FakeEngine(Path socket) {
    try {
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException("no engine at " + socket, e);
    }
    Thread.ofVirtual().name("fake-engine").start(this::accept);
  }

  /// Answers `target` with these bytes of HTTP.
  public FakeEngine answer(String target, String http) {
    silent.remove(target);
    answers.put(target, http);
    return this;
  }

  /// Takes questions for `target` and never answers.
  public FakeEngine hang(String target) {
    silent.add(target);
    return this;
  }

  /// The first lines of all requests so far.
  public List<String> asked() {
    return List.copyOf(asked);
  }

  /// A complete answer with a JSON body, in two chunks as engines send it.
  public static String json(int status, String body) {
    int half = body.length() / 2;
    return "HTTP/1.1 "
        + status
        + " Text\r\nApi-Version: 1.44\r\nContent-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + chunk(body.substring(0, half))
        + chunk(body.substring(half))
        + "0\r\n\r\n";
  }

  private static String chunk(String part) {
    int bytes = part.getBytes(StandardCharsets.UTF_8).length;
    return bytes == 0 ? "" : Integer.toHexString(bytes) + "\r\n" + part + "\r\n";
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var connection = server.accept();
        open.add(connection);
        Thread.ofVirtual().name("fake-engine-answer").start(() -> serve(connection));
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private void serve(SocketChannel connection) {
    try {
      var line = requestLine(connection);
      asked.add(line);
      var target = line.split(" ", -1)[1];
      if (silent.contains(target)) {
        return;
      }
      var answer = answers.getOrDefault(target, NOT_FOUND);
      var bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        connection.write(bytes);
      }
      connection.close();
    } catch (IOException _) {
      // The one who asked went away.
    }
  }

  private static String requestLine(SocketChannel connection) throws IOException {
    var head = new ByteArrayOutputStream();
    var part = ByteBuffer.allocate(1024);
    while (!head.toString(StandardCharsets.ISO_8859_1).contains(HEAD_END)) {
      if (connection.read(part.clear()) < 0) {
        throw new IOException("request cut short");
      }
      head.write(part.array(), 0, part.position());
    }
    return head.toString(StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    try {
      server.close();
      for (var connection : open) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("fake engine not closed", e);
    }
  }
}
