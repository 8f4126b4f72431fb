package dev.entente.runtime.blocking;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// What a daemon answered to a GET.
///
/// Strict where two readers could disagree about where the body ends (RFC 9112 §6.3): a length
/// beside a transfer coding, two lengths, or any coding but `chunked` is refused.
///
/// @param status the status code, 200 to 599
/// @param body what follows the head, without its transfer coding; reading it may fail with
///   [ProtocolException], also for being longer than was allowed
public record HttpAnswer(int status, InputStream body) {
  private static final int LINE_MAX_BYTES = 8 * 1024;
  private static final int FIELDS_MAX = 100;

  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([2-5][0-9]{2})( .*)?");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,15}");

  /// Reads a head, and nothing of the body yet.
  public static HttpAnswer read(InputStream in, int bodyMaxBytes) throws IOException {
    var first = STATUS_LINE.matcher(line(in));
    if (!first.matches()) {
      throw new ProtocolException("no HTTP answer");
    }
    List<String> lengths = new ArrayList<>();
    List<String> codings = new ArrayList<>();
    readFields(in, lengths, codings);
    return new HttpAnswer(
        Integer.parseInt(first.group(1)),
        new BoundedStream(body(in, lengths, codings), bodyMaxBytes));
  }

  /// The whole body.
  public byte[] bytes() throws IOException {
    return body.readAllBytes();
  }

  private static void readFields(InputStream in, List<String> lengths, List<String> codings)
      throws IOException {
    int fields = 0;
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      if (++fields > FIELDS_MAX) {
        throw new ProtocolException("more than " + FIELDS_MAX + " header fields");
      }
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new ProtocolException("header field without a colon");
      }
      var value = line.substring(colon + 1).trim();
      switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
        case "content-length" -> lengths.add(value);
        case "transfer-encoding" -> codings.add(value);
        default -> {
          // Nothing else bears on where the body ends.
        }
      }
    }
  }

  private static InputStream body(InputStream in, List<String> lengths, List<String> codings)
      throws ProtocolException {
    if (lengths.size() + codings.size() > 1) {
      throw new ProtocolException("more than one statement of where the body ends");
    }
    if (!codings.isEmpty()) {
      if (!codings.getFirst().equalsIgnoreCase("chunked")) {
        throw new ProtocolException("transfer coding is not chunked");
      }
      return new ChunkedStream(in);
    }
    if (lengths.isEmpty()) {
      return in;
    }
    if (!LENGTH.matcher(lengths.getFirst()).matches()) {
      throw new ProtocolException("content length is not a number");
    }
    return new SizedStream(in, Long.parseLong(lengths.getFirst()));
  }

  /// A line without its end, which is CR LF or LF (RFC 9112 §2.2).
  static String line(InputStream in) throws IOException {
    var text = new byte[LINE_MAX_BYTES];
    int length = 0;
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new ProtocolException("answer is cut short");
      }
      if (length == text.length) {
        throw new ProtocolException("line longer than " + LINE_MAX_BYTES + " bytes");
      }
      text[length++] = (byte) next;
    }
    int end = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
    return new String(text, 0, end, StandardCharsets.ISO_8859_1);
  }
}
