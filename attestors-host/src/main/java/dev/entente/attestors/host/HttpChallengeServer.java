package dev.entente.attestors.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/// Answers one path with one nonce, on a port of its own, until it is closed.
///
/// It listens from the start, so that its port is known; what connects before the nonce is known
/// waits for it. Anybody may connect, and learns nothing of use: the nonce counts for one
/// attestation, which is under way on another connection.
final class HttpChallengeServer implements AutoCloseable {
  /// One broker asks once; strangers find no more room than this.
  private static final int AT_ONCE = 16;

  private static final int BACKLOG = 16;
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);
  private static final int HEAD_MAX_BYTES = 8 * 1024;

  private final ServerSocket listener;
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final AtomicBoolean shown = new AtomicBoolean();

  /// @param path where the nonce is
  private record Shown(String path, String nonce) {}

  /// @param port 0 for any that is free
  /// @throws IOException if it cannot be listened on
  HttpChallengeServer(int port) throws IOException {
    listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(port), BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /// Shows a nonce from now on.
  ///
  /// @throws IllegalArgumentException if it shows one already
  void show(String path, HttpChallengeNonce nonce) {
    if (!shown.compareAndSet(false, true)) {
      throw new IllegalArgumentException("a second challenge");
    }
    var what = new Shown(path, nonce.text());
    Thread.ofVirtual().name("http-challenge").start(() -> accept(what));
  }

  private void accept(Shown what) {
    try {
      while (!listener.isClosed()) {
        var socket = listener.accept();
        if (places.tryAcquire()) {
          Thread.ofVirtual().name("http-challenge-answer").start(() -> answer(socket, what));
        } else {
          socket.close();
        }
      }
    } catch (IOException _) {
      // Closed, or as good as closed: the attestation fails by itself.
    }
  }

  private void answer(Socket socket, Shown what) {
    try (socket) {
      socket.setSoTimeout((int) TIME_LIMIT.toMillis());
      var line = requestLine(socket.getInputStream());
      boolean asked =
          line.equals("GET " + what.path() + " HTTP/1.1")
              || line.equals("GET " + what.path() + " HTTP/1.0");
      var answer = asked ? head("200 OK", what.nonce()) : head("404 Not Found", "");
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
    } catch (IOException _) {
      // Whoever it was asks again, or does not.
    } finally {
      places.release();
    }
  }

  /// The first line of a head that is read to its end.
  private static String requestLine(InputStream in) throws IOException {
    long end = System.nanoTime() + TIME_LIMIT.toNanos();
    var head = new StringBuilder();
    while (!(head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n"))) {
      int next = in.read();
      if (next < 0 || head.length() == HEAD_MAX_BYTES || System.nanoTime() - end > 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    return head.substring(0, head.indexOf("\r\n"));
  }

  private static String head(String status, String body) {
    return "HTTP/1.1 "
        + status
        + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException("port " + port() + " not closed", e);
    }
  }
}
