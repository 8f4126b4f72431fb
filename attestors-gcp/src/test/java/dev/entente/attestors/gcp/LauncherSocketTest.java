package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One request on a Unix socket, and the limits of its answer.
class LauncherSocketTest {
  private static final Duration GENEROUS = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final String HEAD = "HTTP/1.0 200 OK\r\n\r\n";

  /// More than a socket holds.
  private static final String LONG = "x".repeat(4 * 1024 * 1024);

  private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();

  @TempDir private Path directory;
  private Path socket;
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    socket = directory.resolve("s");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  /// Reads a request that ends with a brace, notes its length and answers.
  private void answerOnce(String answer) {
    Thread.ofVirtual()
        .start(() -> {
          try (var connection = server.accept()) {
            int length = 0;
            var part = ByteBuffer.allocate(64 * 1024);
            do {
              length += connection.read(part.clear());
            } while (part.get(part.position() - 1) != '}');
            received.add(length);
            var bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
              connection.write(bytes);
            }
          } catch (IOException _) {
            // The one who asked has read enough.
          }
        });
  }

  @Test
  void sendsAllOfARequestThatIsLongerThanASocketHolds() throws Exception {
    answerOnce(HEAD + "token");

    var answer = new LauncherSocket(socket, GENEROUS, 1024).post("/v1/token", LONG + "}");

    assertThat(answer.body()).asString().isEqualTo("token");
    assertThat(received.poll(30, TimeUnit.SECONDS)).isGreaterThan(LONG.length());
  }

  @Test
  void takesAnAnswerOfTheLimitsLengthAndNoLongerOne() throws IOException {
    var limit = HEAD.length() + 3;

    answerOnce(HEAD + "abc");
    assertThat(new LauncherSocket(socket, GENEROUS, limit).post("/", "{}").body())
        .asString()
        .isEqualTo("abc");
    answerOnce(HEAD + "abcd");
    assertThatThrownBy(() -> new LauncherSocket(socket, GENEROUS, limit).post("/", "{}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the answer is over " + limit + " bytes");
  }

  @Test
  void doesNotWaitForASilentLauncher() {
    for (var request : new String[] {"{}", LONG}) {
      assertThatThrownBy(() -> new LauncherSocket(socket, SHORT, 1024).post("/v1/token", request))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no complete answer within PT0.05S");
    }
  }

  @Test
  void readsAnAnswerWithoutABody() throws IOException {
    var answer =
        LauncherSocket.parse("HTTP/1.1 204 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.body()).isEmpty();
  }
}
