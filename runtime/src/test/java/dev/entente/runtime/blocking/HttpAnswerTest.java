package dev.entente.runtime.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpAnswerTest {
  private static final int MAX = 8;

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "length | HTTP/1.1 200 OK~Content-Length: 3~~abcd | 200 | abc",
        "until the end | HTTP/1.0 200 OK~~abc | 200 | abc",
        "no reason | HTTP/1.1 404~content-length:0~~ | 404 | ''",
        "line feeds only | HTTP/1.1 200 OK^^abc | 200 | abc",
        "chunks | HTTP/1.1 200 OK~Transfer-Encoding: Chunked~~2~ab~1;x=y~c~0~~ | 200 | abc",
        "no trailer end | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~3 ~abc~0~ | 200 | abc",
        "as long as allowed | HTTP/1.1 200 OK~~12345678 | 200 | 12345678",
      })
  void readsAnAnswer(String name, String http, int status, String body) throws IOException {
    var answer = read(http);

    assertThat(answer.status()).isEqualTo(status);
    assertThat(new String(answer.bytes(), StandardCharsets.ISO_8859_1)).isEqualTo(body);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing | '' | cut short",
        "another protocol | SSH-2.0-x~ | no HTTP answer",
        "an interim answer | HTTP/1.1 100 Continue~~ | no HTTP answer",
        "head without an end | HTTP/1.1 200 OK~A: b~ | cut short",
        "field without a colon | HTTP/1.1 200 OK~a~~ | without a colon",
        "two lengths | HTTP/1.1 200 OK~Content-Length: 1~Content-Length: 1~~a | more than one",
        "both | HTTP/1.1 200 OK~Content-Length: 1~Transfer-Encoding: chunked~~a | more than one",
        "another coding | HTTP/1.1 200 OK~Transfer-Encoding: gzip~~a | not chunked",
        "negative length | HTTP/1.1 200 OK~Content-Length: -1~~a | not a number",
        "body too short | HTTP/1.1 200 OK~Content-Length: 4~~abc | cut short",
        "body too long | HTTP/1.1 200 OK~~123456789 | larger than 8 bytes",
        "length too long | HTTP/1.1 200 OK~Content-Length: 9~~123456789 | larger than 8 bytes",
        "chunk without a size | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~x~ | without a size",
        "chunk too short | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~4~abc | cut short",
        "chunk too long | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~abc~0~~ | longer than",
        "no last chunk | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1~a~ | cut short",
      })
  void refusesWhatIsNone(String name, String http, String expected) {
    assertThatThrownBy(() -> read(http).bytes())
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void refusesHeadsWithoutBound() {
    assertThatThrownBy(() -> read("HTTP/1.1 200 " + "x".repeat(9000)))
        .hasMessageContaining("line longer than");
    assertThatThrownBy(() -> read("HTTP/1.1 200 OK~" + "a: b~".repeat(101) + "~"))
        .hasMessageContaining("more than 100 header fields");
  }

  @Test
  void asksNothingThatCouldBeReadAsTwoRequests() {
    assertThatThrownBy(() -> HttpRequest.get("h", "/a b"))
        .hasMessageContaining("no request target");
    assertThatThrownBy(() -> HttpRequest.get("h", "/", Map.of("Authorization", "Bearer a\r\nb: c")))
        .hasMessage("value of header field Authorization is not ASCII text");
  }

  private static HttpAnswer read(String http) throws IOException {
    var bytes = http.replace("~", "\r\n").replace("^", "\n").getBytes(StandardCharsets.ISO_8859_1);
    return HttpAnswer.read(new ByteArrayInputStream(bytes), MAX);
  }
}
