package dev.entente.broker.registration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EntryRulesTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");

  private static EntryBuilder good() {
    return RegistrationEntry.builder(
        id("/api"), id("/spire/agent/x509pop/a"), List.of(new Selector("unix", "uid:1")));
  }

  private static SpiffeId id(String path) {
    return SpiffeId.of(DOMAIN, path);
  }

  private static Arguments row(String what, UnaryOperator<EntryBuilder> change) {
    return Arguments.of(what, change);
  }

  static Stream<Arguments> allowed() {
    return Stream.of(
        row("nothing special", b -> b),
        row("an id of 255 characters", b -> b.id("a".repeat(255))),
        row("an id with every kind of character", b -> b.id("aZ0._-")),
        row("the server as parent", b -> b.parentId(id("/spire/server"))),
        row("a workload as parent", b -> b.parentId(id("/api"))),
        row("an id that only starts like a reserved one", b -> b.spiffeId(id("/spires/x"))),
        row("a hint of 1024 bytes", b -> b.hint("ü".repeat(512))),
        row("a covered name", b -> b.dnsNames(List.of("*.a.org", "X.a.org"))),
        row("a wildcard beside another domain", b -> b.dnsNames(List.of("*.a.org", "x.b.org"))),
        row("a label of 63 characters", b -> b.dnsNames(List.of("a".repeat(63) + ".org"))),
        row("a single label", b -> b.dnsNames(List.of("localhost"))),
        row("store_svid with one selector type", b -> b.storeSvid(true)),
        row("256 selectors", b -> b.selectors(selectors(256))));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        row("an id of 256 characters", b -> b.id("a".repeat(256))),
        row("an empty id", b -> b.id("")),
        row("an id with a slash", b -> b.id("a/b")),
        row("a reserved SPIFFE ID", b -> b.spiffeId(id("/spire/agent/x"))),
        row("the root of the reserved ones", b -> b.spiffeId(id("/spire"))),
        row("the trust domain itself", b -> b.spiffeId(DOMAIN.id())),
        row("a foreign SPIFFE ID", b -> b.spiffeId(SpiffeId.parse("spiffe://other.org/api"))),
        row("a foreign parent", b -> b.parentId(SpiffeId.parse("spiffe://other.org/api"))),
        row("the trust domain as parent", b -> b.parentId(DOMAIN.id())),
        row("no selectors", b -> b.selectors(List.of())),
        row("257 selectors", b -> b.selectors(selectors(257))),
        row("a giant selector", b -> b.selectors(List.of(new Selector("a", "x".repeat(8_192))))),
        row("a negative X.509 ttl", b -> b.x509SvidTtl(Duration.ofSeconds(-1))),
        row("a negative JWT ttl", b -> b.jwtSvidTtl(Duration.ofSeconds(-1))),
        row("a ttl beyond 32 bits", b -> b.jwtSvidTtl(Duration.ofSeconds(1L << 31))),
        row("a hint of 1025 bytes", b -> b.hint("ü".repeat(512) + "a")),
        row("an empty DNS name", b -> b.dnsNames(List.of(""))),
        row("a DNS name with an underscore", b -> b.dnsNames(List.of("a_b.org"))),
        row("a DNS name with a space", b -> b.dnsNames(List.of("a b.org"))),
        row("a DNS name with a comma", b -> b.dnsNames(List.of("a,b.org"))),
        row("an empty label", b -> b.dnsNames(List.of("a..org"))),
        row("a final dot", b -> b.dnsNames(List.of("a.org."))),
        row("a label of 64 characters", b -> b.dnsNames(List.of("a".repeat(64) + ".org"))),
        row("a name of 254 characters", b -> b.dnsNames(List.of("ab.".repeat(84) + "ab"))),
        row("a wildcard within", b -> b.dnsNames(List.of("a.*.org"))),
        row("a lone wildcard", b -> b.dnsNames(List.of("*"))),
        row("65 DNS names", b -> b.dnsNames(Collections.nCopies(65, "a.org"))),
        row(
            "store_svid with two selector types",
            b ->
                b.storeSvid(true)
                    .selectors(List.of(new Selector("a", "1"), new Selector("b", "1")))),
        row("store_svid without prefetch", b -> b.storeSvid(true).disableX509SvidPrefetch(true)));
  }

  private static List<Selector> selectors(int count) {
    return IntStream.range(0, count).mapToObj(i -> new Selector("unix", "gid:" + i)).toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("allowed")
  @Tag("+WAPI-92")
  void allows(String what, UnaryOperator<EntryBuilder> change) {
    assertThat(EntryRules.refusal(change.apply(good()).build(), DOMAIN)).as(what).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  @Tag("-WAPI-92")
  void refuses(String what, UnaryOperator<EntryBuilder> change) {
    assertThat(EntryRules.refusal(change.apply(good()).build(), DOMAIN)).as(what).isNotEmpty();
  }

  @Test
  void neverQuotesControlCharactersOfADnsName() {
    var entry = good().dnsNames(List.of("a\r\nlevel=ERROR")).build();

    assertThat(EntryRules.refusal(entry, DOMAIN).orElseThrow()).doesNotContain("\n", "\r");
  }

  @Test
  void sortsAndDeduplicatesSelectors() {
    var b = new Selector("b", "1");
    var a = new Selector("a", "2");

    assertThat(good().selectors(List.of(b, a, b)).build().selectors()).containsExactly(a, b);
  }
}
