package dev.entente.runtime;

import java.net.InetAddress;

/// Which addresses may be connected to where the host is named by somebody else.
///
/// The host is chosen by a partner or a stranger, or by whoever can change a redirect or a DNS
/// answer, so that by default nothing inside our own network may be reached through it.
///
/// An IPv6 address that a translator or tunnel turns into an IPv4 address is judged by that one
/// ([EmbeddedAddresses]): otherwise `64:ff9b::10.0.0.1` would lead to where `10.0.0.1` may not.
///
/// @param allowPrivate true to let private, loopback and link-local addresses through
public record AddressRule(boolean allowPrivate) {
  private static final int UNIQUE_LOCAL_MASK = 0xfe;
  private static final int UNIQUE_LOCAL = 0xfc;
  private static final int SHARED_FIRST = 100;

  /// Whether a connection to that address may be made.
  public boolean allows(InetAddress address) {
    return allowsItself(address)
        && EmbeddedAddresses.of(address).stream().allMatch(this::allowsItself);
  }

  private boolean allowsItself(InetAddress address) {
    if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
      return false;
    }
    return allowPrivate || !isInside(address);
  }

  private static boolean isInside(InetAddress address) {
    byte[] octets = address.getAddress();
    return address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || (octets.length == 16 && (octets[0] & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL)
        || (octets.length == 4 && isSharedOrReserved(octets));
  }

  /// 0/8, 100.64/10 (RFC 6598), 192.0.0/24, 198.18/15 and 240/4 are nobody's public host.
  private static boolean isSharedOrReserved(byte[] octets) {
    int first = octets[0] & 0xff;
    int second = octets[1] & 0xff;
    return first == 0
        || first >= 240
        || (first == SHARED_FIRST && (second & 0xc0) == 64)
        || (first == 192 && second == 0 && octets[2] == 0)
        || (first == 198 && (second & 0xfe) == 18);
  }
}
