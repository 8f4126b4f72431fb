package dev.entente.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Finds the IPv4 addresses that an IPv6 address stands for.
///
/// A packet to such an address is handed, by a translator or a tunnel's end, to the IPv4 host in
/// it:
///
/// | prefix | what | where the IPv4 address is |
/// |---|---|---|
/// | `::/96`, `::ffff:0:0/96` | IPv4-compatible and -mapped (RFC 4291 §2.5.5) | last 4 octets |
/// | `::ffff:0:0:0/96` | IPv4-translated (RFC 2765 §2.1) | last 4 octets |
/// | `64:ff9b::/96` | NAT64 (RFC 6052 §2.1) | last 4 octets |
/// | `64:ff9b:1::/48` | local NAT64 (RFC 8215) | RFC 6052 §2.2: any prefix length |
/// | `2002::/16` | 6to4 (RFC 3056 §2) | octets 2 to 5 |
/// | `2001::/32` | Teredo (RFC 4380 §4) | server in 4 to 7, client inverted in 12 to 15 |
final class EmbeddedAddresses {
  private static final int V6_OCTETS = 16;
  private static final byte[] COMPATIBLE = new byte[12];
  private static final byte[] MAPPED = prefix(0, 0, 0, 0, 0, 0xffff);
  private static final byte[] TRANSLATED = prefix(0, 0, 0, 0, 0xffff, 0);
  private static final byte[] NAT64 = prefix(0x64, 0xff9b, 0, 0, 0, 0);
  private static final byte[] LOCAL_NAT64 = prefix(0x64, 0xff9b, 1);
  private static final byte[] SIX_TO_FOUR = prefix(0x2002);
  private static final byte[] TEREDO = prefix(0x2001, 0);

  private EmbeddedAddresses() {}

  /// The embedded addresses, of which any may be met; none for IPv4 and for other IPv6 addresses.
  static List<InetAddress> of(InetAddress address) {
    byte[] octets = address.getAddress();
    if (octets.length != V6_OCTETS) {
      return List.of();
    }
    if (isBelow(octets, COMPATIBLE)
        || isBelow(octets, MAPPED)
        || isBelow(octets, TRANSLATED)
        || isBelow(octets, NAT64)) {
      return List.of(v4(octets, 12, 13, 14, 15));
    }
    if (isBelow(octets, LOCAL_NAT64)) {
      return ofLocalNat64(octets);
    }
    if (isBelow(octets, SIX_TO_FOUR)) {
      return List.of(v4(octets, 2, 3, 4, 5));
    }
    if (isBelow(octets, TEREDO)) {
      return List.of(v4(octets, 4, 5, 6, 7), v4(inverted(octets), 12, 13, 14, 15));
    }
    return List.of();
  }

  /// Only the network itself knows how long its prefix is, so every reading counts: 48, 56, 64 and
  /// 96 bits, of which octet 8 is never part (RFC 6052 §2.2). What reads as 0/8 is the padding of
  /// another reading, unless there is nothing else.
  private static List<InetAddress> ofLocalNat64(byte[] octets) {
    var readings =
        Stream.of(
                v4(octets, 6, 7, 9, 10),
                v4(octets, 7, 9, 10, 11),
                v4(octets, 9, 10, 11, 12),
                v4(octets, 12, 13, 14, 15))
            .filter(reading -> reading.getAddress()[0] != 0)
            .toList();
    return readings.isEmpty() ? List.of(v4(octets, 12, 13, 14, 15)) : readings;
  }

  private static boolean isBelow(byte[] octets, byte[] prefix) {
    return Arrays.equals(octets, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static byte[] inverted(byte[] octets) {
    var inverted = octets.clone();
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = (byte) ~inverted[i];
    }
    return inverted;
  }

  private static InetAddress v4(byte[] octets, int a, int b, int c, int d) {
    try {
      return InetAddress.getByAddress(new byte[] {octets[a], octets[b], octets[c], octets[d]});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four octets are an address", e);
    }
  }

  private static byte[] prefix(int... groups) {
    var octets = new byte[groups.length * 2];
    for (int i = 0; i < groups.length; i++) {
      octets[2 * i] = (byte) (groups[i] >> 8);
      octets[2 * i + 1] = (byte) groups[i];
    }
    return octets;
  }
}
