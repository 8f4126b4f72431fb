package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// What the server of one nonce answers to strangers.
class HttpChallengeServerTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final int LIMIT_MILLIS = 30_000;
  private static final String REQUEST = "GET /nonce HTTP/1.1\r\nX: ";

  private static String ask(int port, String request) throws IOException {
    try (var socket = new Socket(HERE, port)) {
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /// A request whose head has that many bytes.
  private static String head(int bytes) {
    return REQUEST + "a".repeat(bytes - REQUEST.length() - 4) + "\r\n\r\n";
  }

  @Test
  void readsAHeadOf8192BytesAndNoLongerOne() throws IOException {
    var nonce = HttpChallengeNonce.fresh();
    try (var server = new HttpChallengeServer(0)) {
      server.show("/nonce", nonce);

      assertThat(ask(server.port(), head(8192)))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("\r\nContent-Length: 44\r\n")
          .endsWith("\r\n\r\n" + nonce.text());
      assertThat(ask(server.port(), head(8193))).isEmpty();
      assertThat(ask(server.port(), "\r\n\r\n")).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void answersNobodyWhoEndsBeforeHisRequestDoes() throws IOException {
    try (var server = new HttpChallengeServer(0);
        var socket = new Socket(HERE, server.port())) {
      server.show("/nonce", HttpChallengeNonce.fresh());
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write("GET /nonce HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();

      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
  }

  @Test
  void hasAPlaceForEachOfManyWhoAskOneAfterTheOther() throws IOException {
    try (var server = new HttpChallengeServer(0)) {
      server.show("/nonce", HttpChallengeNonce.fresh());

      for (int i = 0; i < 40; i++) {
        assertThat(ask(server.port(), "GET /other HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 404 ");
      }
    }
  }

  @Test
  void takesNoPortThatIsTaken() throws IOException {
    try (var server = new HttpChallengeServer(0)) {
      assertThatThrownBy(() -> new HttpChallengeServer(server.port()))
          .isInstanceOf(IOException.class);
    }
  }
}
