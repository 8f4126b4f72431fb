package dev.entente.spiffe;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads DER strictly, front to back (X.690 §10).
///
/// Refused, with [MalformedException]: indefinite and non-minimal lengths, multi-byte tags, a value
/// that runs past its parent, and whatever [#finish] finds left over. One instance reads one
/// value's contents and is not shared between threads.
final class Der {
  static final int BOOLEAN = 0x01;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int NULL = 0x05;
  static final int OID = 0x06;
  static final int UTC_TIME = 0x17;
  static final int GENERALIZED_TIME = 0x18;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  private final byte[] bytes;
  private final int end;
  private int position;

  private Der(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  static Der of(byte[] bytes) {
    return new Der(bytes, 0, bytes.length);
  }

  boolean hasMore() {
    return position < end;
  }

  /// Whether the next value has this tag; false at the end.
  boolean nextIs(int tag) {
    return hasMore() && (bytes[position] & 0xff) == tag;
  }

  int peekTag() {
    if (!hasMore()) {
      throw new MalformedException("DER value ends early");
    }
    return bytes[position] & 0xff;
  }

  /// Steps into the next value, which must have this tag.
  Der enter(int tag) {
    var start = position;
    if (peekTag() != tag) {
      throw new MalformedException(
          String.format("DER tag 0x%02x at %d where 0x%02x belongs", peekTag(), start, tag));
    }
    return enterAny();
  }

  /// Steps into the next value, whatever its tag.
  Der enterAny() {
    if ((peekTag() & 0x1f) == 0x1f) {
      throw new MalformedException("DER tag of several bytes at " + position);
    }
    position++;
    var length = length();
    if (length > end - position) {
      throw new MalformedException("DER value at " + position + " runs past its end");
    }
    var inner = new Der(bytes, position, position + length);
    position += length;
    return inner;
  }

  void skip() {
    enterAny();
  }

  /// The next value with its tag and length.
  byte[] whole() {
    var start = position;
    enterAny();
    return Arrays.copyOfRange(bytes, start, position);
  }

  /// What has not been read yet.
  byte[] rest() {
    var rest = Arrays.copyOfRange(bytes, position, end);
    position = end;
    return rest;
  }

  byte[] content(int tag) {
    return enter(tag).rest();
  }

  BigInteger integer() {
    return new BigInteger(integerBytes());
  }

  /// An integer from 0 to `max`.
  int smallInteger(int max) {
    var value = integer();
    if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(max)) > 0) {
      throw new MalformedException("DER integer is not from 0 to " + max);
    }
    return value.intValueExact();
  }

  boolean bool() {
    var content = content(BOOLEAN);
    if (content.length != 1 || (content[0] != 0 && content[0] != -1)) {
      throw new MalformedException("DER boolean is neither 00 nor FF");
    }
    return content[0] != 0;
  }

  void takeNull() {
    enter(NULL).finish();
  }

  /// A bit string of whole bytes.
  byte[] bitString() {
    var content = content(BIT_STRING);
    if (content.length == 0 || content[0] != 0) {
      throw new MalformedException("DER bit string is not of whole bytes");
    }
    return Arrays.copyOfRange(content, 1, content.length);
  }

  /// A named bit list (X.690 §11.2.2), bit 0 of the list as bit 0 of the answer.
  int namedBits() {
    return Asn1.namedBits(content(BIT_STRING));
  }

  String oid() {
    return Asn1.oid(content(OID));
  }

  /// ASCII text with an implicit tag.
  String ascii(int tag) {
    try {
      return StandardCharsets.US_ASCII
          .newDecoder()
          .decode(ByteBuffer.wrap(content(tag)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException("DER text is not ASCII", e);
    }
  }

  /// Refuses anything left over.
  void finish() {
    if (hasMore()) {
      throw new MalformedException("DER has " + (end - position) + " bytes too many");
    }
  }

  private byte[] integerBytes() {
    var content = content(INTEGER);
    var padded =
        content.length > 1
            && ((content[0] == 0 && content[1] >= 0) || (content[0] == -1 && content[1] < 0));
    if (content.length == 0 || padded) {
      throw new MalformedException("DER integer is not minimal");
    }
    return content;
  }

  private int length() {
    var first = next();
    if (first < 0x80) {
      return first;
    }
    var count = first & 0x7f;
    if (count == 0 || count > 4) {
      throw new MalformedException("DER length at " + position + " is not definite and short");
    }
    var length = 0L;
    for (var i = 0; i < count; i++) {
      length = length << 8 | next();
    }
    if (length < 0x80 || length >>> (8 * (count - 1)) == 0) {
      throw new MalformedException("DER length at " + position + " is not minimal");
    }
    if (length > Integer.MAX_VALUE) {
      throw new MalformedException("DER value of " + length + " bytes");
    }
    return (int) length;
  }

  private int next() {
    var value = peekTag();
    position++;
    return value;
  }
}
