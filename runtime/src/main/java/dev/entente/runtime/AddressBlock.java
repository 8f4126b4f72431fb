package dev.entente.runtime;

import java.net.InetAddress;
import java.util.Arrays;

/// Names what counts as one peer where peers are told apart by address: an IPv4 address, or an IPv6
/// /64, because whoever has one address of a /64 has them all.
public final class AddressBlock {
  private static final int V4_OCTETS = 4;
  private static final int BLOCK_OCTETS = 8;

  private AddressBlock() {}

  /// The block of `address`.
  public static String of(InetAddress address) {
    var octets = address.getAddress();
    return octets.length == V4_OCTETS
        ? address.getHostAddress()
        : Arrays.toString(Arrays.copyOf(octets, BLOCK_OCTETS));
  }

  /// The block of an address as text; what is no address is a block of its own.
  public static String of(String address) {
    try {
      return of(InetAddress.ofLiteral(address));
    } catch (IllegalArgumentException notAnAddress) {
      return address;
    }
  }
}
