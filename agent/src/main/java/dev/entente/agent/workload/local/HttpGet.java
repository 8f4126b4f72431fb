package dev.entente.agent.workload.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// One GET of a JSON document on a connection of its own (HTTP/1.1, RFC 9112).
///
/// Vert.x's client cannot be used here, because attestors block and know no event loop, and the
/// JDK's knows no Unix sockets.
///
/// @param host for the `Host` field
/// @param target path, and query if there is one
/// @param fields further header fields
public record HttpGet(String host, String target, Map<String, String> fields) {
  /// Visible ASCII: nothing that ends a line or begins another request.
  private static final Pattern TARGET = Pattern.compile("/[!-~]*");

  private static final Pattern VALUE = Pattern.compile("[ -~]+");

  public HttpGet {
    fields = Map.copyOf(fields);
    if (!TARGET.matcher(target).matches()) {
      throw new IllegalArgumentException("\"" + target + "\" is no request target");
    }
    // The value is not shown: it may be a token.
    fields.forEach((name, value) -> {
      if (!VALUE.matcher(value).matches()) {
        throw new IllegalArgumentException("value of header field " + name + " is not ASCII text");
      }
    });
  }

  /// A GET without further fields.
  public HttpGet(String host, String target) {
    this(host, target, Map.of());
  }

  /// Asks. The body is read from the connection while the caller reads it.
  ///
  /// @param bodyMaxBytes a longer body fails while it is read
  public HttpAnswer ask(Connection connection, int bodyMaxBytes) throws IOException {
    connection.out().write(head().getBytes(StandardCharsets.ISO_8859_1));
    return HttpAnswer.read(new BufferedInputStream(connection.in()), bodyMaxBytes);
  }

  private String head() {
    var all = new LinkedHashMap<String, String>();
    all.put("Host", host);
    all.put("Accept", "application/json");
    all.put("Connection", "close");
    all.putAll(fields);
    var text = new StringBuilder("GET ").append(target).append(" HTTP/1.1\r\n");
    all.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    return text.append("\r\n").toString();
  }
}
