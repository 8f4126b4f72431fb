package dev.entente.attestor.spi;

/// Walks the outer shape of a BER value before a recursive reader sees it.
///
/// Clouds write indefinite lengths, so DER cannot be asked for. What is asked for: one value and
/// nothing after it, lengths that stay within their parents, and few levels. A stranger could
/// otherwise nest twenty thousand levels into the bytes of one payload and exhaust the stack of
/// whoever reads them.
final class BerShape {
  /// An issuer's name inside a signer's info is the deepest there is, at nine.
  private static final int DEPTH_MAX = 16;

  private static final int INDEFINITE = 0x80;
  private static final int CONSTRUCTED = 0x20;
  private static final int HIGH_TAG = 0x1f;

  private final byte[] ber;
  private final int[] bounds = new int[DEPTH_MAX + 1];
  private final boolean[] indefinite = new boolean[DEPTH_MAX + 1];
  private int depth;
  private int at;

  private BerShape(byte[] ber) {
    this.ber = ber;
    bounds[0] = ber.length;
  }

  /// Refuses what is not one well-formed value.
  static void check(byte[] ber) throws Refusal {
    new BerShape(ber).walk();
  }

  private void walk() throws Refusal {
    do {
      value();
      while (depth > 0 && !indefinite[depth] && at == bounds[depth]) {
        depth--;
      }
    } while (depth > 0);
    Refusal.unless(at == ber.length, "trailing-data", "bytes after the message, from " + at);
  }

  /// Reads one header, and the content too unless it holds values.
  private void value() throws Refusal {
    int tag = next();
    int first = next();
    if (tag == 0 && first == 0 && depth > 0 && indefinite[depth]) {
      depth--;
      return;
    }
    shape(tag != 0 && (tag & HIGH_TAG) != HIGH_TAG, "tag " + tag);
    boolean constructed = (tag & CONSTRUCTED) != 0;
    if (first == INDEFINITE) {
      shape(constructed, "a plain value of indefinite length");
      push(bounds[depth], true);
      return;
    }
    int end = end(length(first));
    if (constructed) {
      push(end, false);
    } else {
      at = end;
    }
  }

  private void push(int bound, boolean open) throws Refusal {
    shape(depth < DEPTH_MAX, "more than " + DEPTH_MAX + " levels");
    depth++;
    bounds[depth] = bound;
    indefinite[depth] = open;
  }

  private int length(int first) throws Refusal {
    if (first < INDEFINITE) {
      return first;
    }
    int octets = first & 0x7f;
    shape(octets <= 3, "a length of " + octets + " octets");
    int length = 0;
    for (int i = 0; i < octets; i++) {
      length = (length << 8) | next();
    }
    return length;
  }

  private int end(int length) throws Refusal {
    shape(length <= bounds[depth] - at, "a value longer than what it stands in");
    return at + length;
  }

  private int next() throws Refusal {
    shape(at < bounds[depth], "the message ends early");
    return ber[at++] & 0xff;
  }

  private void shape(boolean holds, String what) throws Refusal {
    Refusal.unless(holds, "malformed-signature", "BER at " + at + ": " + what);
  }
}
