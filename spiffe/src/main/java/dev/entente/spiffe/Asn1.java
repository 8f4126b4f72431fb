package dev.entente.spiffe;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/// Decodes the contents of single ASN.1 values; [Der] finds where they are.
final class Asn1 {
  /// Longer object identifiers name nothing we know and are refused unread.
  private static final int MAX_OID_BYTES = 64;

  private Asn1() {}

  static String oid(byte[] content) {
    if (content.length == 0 || content.length > MAX_OID_BYTES || content[content.length - 1] < 0) {
      throw new MalformedException("DER object identifier is cut or too long");
    }
    var text = new StringBuilder(32);
    var arc = 0L;
    var fresh = true;
    for (var b : content) {
      if (fresh && b == (byte) 0x80) {
        throw new MalformedException("DER object identifier is not minimal");
      }
      if (arc > Long.MAX_VALUE >>> 8) {
        throw new MalformedException("DER object identifier has a huge arc");
      }
      arc = arc << 7 | (b & 0x7f);
      fresh = b >= 0;
      if (fresh) {
        appendArc(text, arc);
        arc = 0;
      }
    }
    return text.toString();
  }

  private static void appendArc(StringBuilder text, long arc) {
    if (text.isEmpty()) {
      var root = Math.min(arc / 40, 2);
      text.append(root).append('.').append(arc - 40 * root);
    } else {
      text.append('.').append(arc);
    }
  }

  static int namedBits(byte[] content) {
    if (content.length < 2 || content.length > 5 || content[0] < 0 || content[0] > 7) {
      throw new MalformedException("DER named bits are empty or too long");
    }
    var last = content[content.length - 1] & 0xff;
    if (Integer.numberOfTrailingZeros(last | 0x100) != content[0]) {
      throw new MalformedException("DER named bits are not minimal");
    }
    var bits = 0;
    for (var i = 0; i < (content.length - 1) * 8; i++) {
      if ((content[1 + i / 8] >> (7 - i % 8) & 1) != 0) {
        bits |= 1 << i;
      }
    }
    return bits;
  }

  /// A UTCTime or GeneralizedTime in the one form RFC 5280 §4.1.2.5 allows.
  static Instant time(Der der) {
    if (der.nextIs(Der.UTC_TIME)) {
      var text = text(der.content(Der.UTC_TIME), 13);
      var year = digits(text, 0, 2);
      return instant(year < 50 ? 2000 + year : 1900 + year, text.substring(2));
    }
    var text = text(der.content(Der.GENERALIZED_TIME), 15);
    return instant(digits(text, 0, 4), text.substring(4));
  }

  private static Instant instant(int year, String rest) {
    try {
      return LocalDateTime.of(
              year,
              digits(rest, 0, 2),
              digits(rest, 2, 4),
              digits(rest, 4, 6),
              digits(rest, 6, 8),
              digits(rest, 8, 10))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new MalformedException("DER time is no time", e);
    }
  }

  private static String text(byte[] content, int length) {
    if (content.length != length || content[length - 1] != 'Z') {
      throw new MalformedException("DER time is not in the form of RFC 5280");
    }
    return new String(content, StandardCharsets.ISO_8859_1);
  }

  private static int digits(String text, int from, int to) {
    var value = 0;
    for (var i = from; i < to; i++) {
      var digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new MalformedException("DER time has a character that is no digit");
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
