package dev.entente.runtime.blocking;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// One request for a document on a connection of its own (HTTP/1.1, RFC 9112).
///
/// Neither of the usual clients fits: Vert.x's wants an event loop, and attestors block and know
/// none; the JDK's knows no Unix sockets, and connects to whichever address of a name it likes.
///
/// @param method `GET` or `POST`
/// @param host for the `Host` field
/// @param target path, and query if there is one
/// @param fields further header fields
/// @param body a JSON document; empty for a `GET`
public record HttpRequest(
    String method, String host, String target, Map<String, String> fields, byte[] body) {
  /// Visible ASCII: nothing that ends a line or begins another request.
  private static final Pattern TARGET = Pattern.compile("/[!-~]*");

  private static final Pattern VALUE = Pattern.compile("[ -~]+");

  public HttpRequest {
    fields = Map.copyOf(fields);
    if (!TARGET.matcher(target).matches()) {
      throw new IllegalArgumentException("\"" + target + "\" is no request target");
    }
    if (!VALUE.matcher(host).matches()) {
      throw new IllegalArgumentException("host is not ASCII text");
    }
    // The value is not shown: it may be a token.
    fields.forEach((name, value) -> {
      if (!VALUE.matcher(value).matches()) {
        throw new IllegalArgumentException("value of header field " + name + " is not ASCII text");
      }
    });
  }

  /// A GET without further fields.
  public static HttpRequest get(String host, String target) {
    return get(host, target, Map.of());
  }

  /// A GET.
  public static HttpRequest get(String host, String target, Map<String, String> fields) {
    return new HttpRequest("GET", host, target, fields, new byte[0]);
  }

  /// A POST of a JSON document.
  public static HttpRequest post(
      String host, String target, Map<String, String> fields, byte[] json) {
    return new HttpRequest("POST", host, target, fields, json);
  }

  /// Asks. The body of the answer is read from the connection while the caller reads it.
  ///
  /// @param bodyMaxBytes a longer body fails while it is read
  public HttpAnswer ask(Connection connection, int bodyMaxBytes) throws IOException {
    var out = connection.out();
    out.write(head().getBytes(StandardCharsets.ISO_8859_1));
    out.write(body);
    return HttpAnswer.read(new BufferedInputStream(connection.in()), bodyMaxBytes);
  }

  private String head() {
    var all = new LinkedHashMap<String, String>();
    all.put("Host", host);
    all.put("Accept", "application/json");
    all.put("Connection", "close");
    if (body.length > 0) {
      all.put("Content-Type", "application/json");
      all.put("Content-Length", Integer.toString(body.length));
    }
    all.putAll(fields);
    var text = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    all.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    return text.append("\r\n").toString();
  }
}
