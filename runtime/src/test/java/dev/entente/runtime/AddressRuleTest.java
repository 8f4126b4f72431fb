package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  @ParameterizedTest(name = "{1}: {0}")
  @CsvSource({
    "64:ff9b::10.0.0.1, NAT64",
    "64:ff9b::127.0.0.1, NAT64",
    "64:ff9b::169.254.169.254, NAT64",
    "64:ff9b:1::192.168.1.1, local NAT64 of 96 bits",
    "64:ff9b:1:0a00:0:0100::, local NAT64 of 48 bits",
    "64:ff9b:1:0a00:0:0108:0808:0808, local NAT64 of 48 bits with something behind",
    "64:ff9b:1:010a:0:0001::, local NAT64 of 56 bits",
    "64:ff9b:1:5:a:0:100::, local NAT64 of 64 bits",
    "2002:0a00:0001::1, 6to4",
    "2002:a9fe:a9fe::, 6to4",
    "2001:0:0a00:1:0:0:f7f7:f7f7, Teredo server",
    "2001:0:808:808:0:0:f5ff:fffe, Teredo client",
    "::ffff:0:10.0.0.1, translated",
    "::10.0.0.1, compatible",
    "::169.254.169.254, compatible"
  })
  void judgesAnAddressByTheOneInIt(String address, String form) throws Exception {
    assertThat(PUBLIC_ONLY.allows(InetAddress.getByName(address))).as(form).isFalse();
    assertThat(PRIVATE_TOO.allows(InetAddress.getByName(address))).as(form).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::8.8.8.8",
        "64:ff9b:2::10.0.0.1",
        "2002:808:808::1",
        "2003:a00:1::1",
        "2001:0:808:808:0:0:f7f7:f7f7",
        "2001:1:a00:1::",
        "::ffff:0:8.8.8.8",
        "::8.8.8.8"
      })
  void letsThroughWhatLeadsToAPublicAddress(String address) throws Exception {
    assertThat(PUBLIC_ONLY.allows(InetAddress.getByName(address))).isTrue();
  }

  @Test
  void judgesAMappedAddressThatJavaKeptAsIpv6() throws Exception {
    var octets = InetAddress.getByName("::10.0.0.1").getAddress();
    octets[10] = (byte) 0xff;
    octets[11] = (byte) 0xff;
    var mapped = Inet6Address.getByAddress("partner.example", octets, -1);

    assertThat(mapped.getAddress()).hasSize(16);
    assertThat(PUBLIC_ONLY.allows(mapped)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1", "64:ff9b:1::", "2002::1"})
  void neverConnectsToAnEmbeddedWildcardOrMulticast(String address) throws Exception {
    assertThat(PRIVATE_TOO.allows(InetAddress.getByName(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "224.0.0.1", "ff02::1"})
  void neverConnectsToWildcardOrMulticast(String address) throws Exception {
    assertThat(PRIVATE_TOO.allows(InetAddress.getByName(address))).isFalse();
  }
}
