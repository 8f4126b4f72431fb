package dev.entente.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRuleTest {
  private static final AddressRule PUBLIC_ONLY = new AddressRule(false);
  private static final AddressRule PRIVATE_TOO = new AddressRule(true);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "198.19.255.255",
        "::1",
        "fe80::1",
        "fc00::1",
        "fdff::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3"
      })
  void keepsAFetchOutOfOurOwnNetworkUnlessItIsAllowed(String address) throws Exception {
    assertThat(PUBLIC_ONLY.allows(InetAddress.getByName(address))).isFalse();
    assertThat(PRIVATE_TOO.allows(InetAddress.getByName(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.1",
        "8.8.8.8",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.1",
        "2001:db8::1"
      })
  void letsPublicAddressesThrough(String address) throws Exception {
    assertThat(PUBLIC_ONLY.allows(InetAddress.getByName(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "224.0.0.1", "ff02::1"})
  void neverConnectsToWildcardOrMulticast(String address) throws Exception {
    assertThat(PRIVATE_TOO.allows(InetAddress.getByName(address))).isFalse();
  }
}
