package dev.entente.broker.authority;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;

/// Writes DER from the end to the start, so that every length is known when it is written.
///
/// Whoever writes a SEQUENCE of a and b prepends b, then a, then the header over both. One instance
/// serves one thread and one value.
final class DerWriter {
  static final int BOOLEAN = 0x01;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int NULL = 0x05;
  static final int OID = 0x06;
  static final int UTF8_STRING = 0x0c;
  static final int PRINTABLE_STRING = 0x13;
  static final int UTC_TIME = 0x17;
  static final int GENERALIZED_TIME = 0x18;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  /// First year RFC 5280 §4.1.2.5 wants as GeneralizedTime.
  private static final int GENERALIZED_TIME_YEAR = 2050;

  private byte[] buffer;
  private int start;

  DerWriter(int capacityBytes) {
    buffer = new byte[capacityBytes];
    start = capacityBytes;
  }

  /// Bytes written so far; remember it before the contents of a constructed value.
  int size() {
    return buffer.length - start;
  }

  DerWriter raw(byte[] encoded) {
    ensure(encoded.length);
    start -= encoded.length;
    System.arraycopy(encoded, 0, buffer, start, encoded.length);
    return this;
  }

  /// Puts tag and length before everything written since the size was `sizeBefore`.
  DerWriter header(int tag, int sizeBefore) {
    var length = size() - sizeBefore;
    ensure(6);
    if (length < 0x80) {
      buffer[--start] = (byte) length;
    } else {
      var count = 0;
      for (var rest = length; rest != 0; rest >>>= 8, count++) {
        buffer[--start] = (byte) rest;
      }
      buffer[--start] = (byte) (0x80 | count);
    }
    buffer[--start] = (byte) tag;
    return this;
  }

  DerWriter value(int tag, byte[] content) {
    var before = size();
    return raw(content).header(tag, before);
  }

  DerWriter text(int tag, String ascii) {
    return value(tag, ascii.getBytes(StandardCharsets.UTF_8));
  }

  DerWriter integer(BigInteger value) {
    return value(INTEGER, value.toByteArray());
  }

  /// A bit string of whole bytes.
  DerWriter bits(byte[] content) {
    var before = size();
    raw(content);
    ensure(1);
    buffer[--start] = 0;
    return header(BIT_STRING, before);
  }

  /// UTCTime until 2049, GeneralizedTime after it, both in whole seconds.
  DerWriter time(Instant instant) {
    var time = instant.atOffset(ZoneOffset.UTC);
    var generalized = time.getYear() >= GENERALIZED_TIME_YEAR;
    var before = size();
    ensure(16);
    buffer[--start] = 'Z';
    twoDigits(time.getSecond());
    twoDigits(time.getMinute());
    twoDigits(time.getHour());
    twoDigits(time.getDayOfMonth());
    twoDigits(time.getMonthValue());
    twoDigits(time.getYear() % 100);
    if (generalized) {
      twoDigits(time.getYear() / 100);
    }
    return header(generalized ? GENERALIZED_TIME : UTC_TIME, before);
  }

  byte[] toBytes() {
    return Arrays.copyOfRange(buffer, start, buffer.length);
  }

  private void twoDigits(int number) {
    buffer[--start] = (byte) ('0' + number % 10);
    buffer[--start] = (byte) ('0' + number / 10);
  }

  private void ensure(int count) {
    if (start >= count) {
      return;
    }
    var size = size();
    var larger = new byte[Math.max(2 * buffer.length, size + count)];
    System.arraycopy(buffer, start, larger, larger.length - size, size);
    start = larger.length - size;
    buffer = larger;
  }
}
