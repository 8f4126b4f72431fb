package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestSvid;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Names below an issuer that constrains them (RFC 5280 §4.2.1.10, X509-SVID §4.2).
final class NameConstraintsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final List<String> EXAMPLE = List.of("example.org");

  private final TestAuthority authority = TestAuthority.of("example.org", CLOCK);

  @TestFactory
  @Tag("+X509-17")
  @Tag("-X509-17")
  @Tag("+X509-18")
  Stream<DynamicTest> holdsEveryNameToTheConstraintsAboveIt() {
    return Stream.of(
        constrained(
            "permitted host", it -> it.uriConstraints(List.of("example.org"), List.of()), true),
        constrained(
            "permitted host in upper case",
            it -> it.uriConstraints(List.of("Example.ORG"), List.of()),
            true),
        constrained(
            "another host", it -> it.uriConstraints(List.of("other.example"), List.of()), false),
        constrained(
            "a host the name only ends with",
            it -> it.uriConstraints(List.of("ample.org"), List.of()),
            false),
        constrained(
            "the parent host, without a dot",
            it -> it.uriConstraints(List.of("org"), List.of()),
            false),
        constrained(
            "the parent host, with a dot",
            it -> it.uriConstraints(List.of(".org"), List.of()),
            true),
        constrained(
            "below the host, not the host",
            it -> it.uriConstraints(List.of(".example.org"), List.of()),
            false),
        constrained(
            "one of two", it -> it.uriConstraints(List.of("a", "example.org"), List.of()), true),
        constrained("everything permitted", it -> uncritical(it, List.of(""), List.of()), true),
        constrained(
            "excluded host", it -> it.uriConstraints(List.of(), List.of("example.org")), false),
        constrained(
            "another host excluded", it -> it.uriConstraints(List.of(), List.of("a")), true),
        constrained(
            "permitted and excluded",
            it -> it.uriConstraints(List.of(".org"), List.of("example.org")),
            false),
        constrained("everything excluded", it -> uncritical(it, List.of(), List.of("")), false),
        constrained(
            "an ID where a host belongs",
            it -> uncritical(it, List.of(), List.of("spiffe://a")),
            false),
        constrained(
            "a DNS constraint and no DNS name",
            it -> it.dnsConstraints(List.of("a.example"), List.of()),
            true),
        constrained(
            "an address constraint and no address",
            it ->
                it.nameConstraints(permitted(new GeneralName(GeneralName.iPAddress, "10.0.0.0/8"))),
            true),
        constrained(
            "a directory constraint and a subject",
            it -> it.nameConstraints(permitted(new GeneralName(4, "C=US"))),
            false),
        constrained(
            "a minimum",
            it ->
                it.nameConstraints(
                    new NameConstraints(
                        new GeneralSubtree[] {
                          new GeneralSubtree(
                              new GeneralName(6, "example.org"), BigInteger.ONE, null)
                        },
                        null)),
            false),
        constrained(
            "no critical mark",
            it ->
                it.extension(Extension.nameConstraints, false, permitted(new GeneralName(6, "a"))),
            false),
        constrained(
            "no constraints at all",
            it -> it.extension(Extension.nameConstraints, false, DERNull.INSTANCE),
            false),
        constrained(
            "bytes after the constraints",
            it -> it.extension("2.5.29.30", false, withTwoBytesMore(false)),
            false),
        constrained(
            "a member that is neither permitted nor excluded",
            it -> it.extension("2.5.29.30", false, withTwoBytesMore(true)),
            false),
        constrained("64 hosts", it -> it.uriConstraints(hosts(64), List.of()), true),
        constrained("65 hosts", it -> it.uriConstraints(hosts(65), List.of()), false));
  }

  /// Hosts of which the first is ours.
  private static List<String> hosts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> i == 0 ? "example.org" : i + ".example")
        .toList();
  }

  /// Permits our host, and has two bytes more, inside the outer sequence or after it.
  private static byte[] withTwoBytesMore(boolean inside) {
    var host = "example.org".getBytes(StandardCharsets.US_ASCII);
    int length = host.length;
    return ByteBuffer.allocate(length + 10)
        .put(
            new byte[] {0x30, (byte) (length + (inside ? 8 : 6)), (byte) 0xa0, (byte) (length + 4)})
        .put(new byte[] {0x30, (byte) (length + 2), (byte) 0x86, (byte) length})
        .put(host)
        .put(new byte[] {5, 0})
        .array();
  }

  @Test
  void saysWhichKindOfNameItDoesNotJudge() {
    var root =
        TestAuthority.of(
            "example.org", CLOCK, it -> it.nameConstraints(permitted(new GeneralName(4, "C=US"))));

    assertThat(verify(root, root.issue("/api")))
        .isEqualTo(
            new Refused(
                Reason.NAME_CONSTRAINTS,
                "a name of kind 4 is constrained by its issuer, and not judged here"));
  }

  @Test
  void takesALeadingDotForEverythingBelowAndNotForAHostThatIsSpelledSo() {
    var below = TestAuthority.of("a.org", CLOCK, it -> uncritical(it, List.of(".org"), List.of()));
    var dotted = TestAuthority.of(".org", CLOCK, it -> uncritical(it, List.of(".org"), List.of()));

    assertThat(verify(below, below.issue("/api"))).isInstanceOf(Verified.class);
    assertThat(verify(dotted, dotted.issue("/api"))).isInstanceOf(Refused.class);
  }

  /// On a CA, where a name need not be a SPIFFE ID.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "://example.org",
        "://example.org/ca",
        "example.org",
        "spiffe:example.org",
        "spiffe://",
        "spiffe:///ca",
        "spiffe://ca@example.org",
        "spiffe://example.org:443/ca"
      })
  void refusesAUriWithoutAHostToConstrain(String uri) {
    var root = TestAuthority.of("example.org", CLOCK, it -> uncritical(it, EXAMPLE, List.of()));
    var below = root.subordinate(it -> it.withoutNames().uri(uri));

    assertThat(verify(root, below.issue("/api")))
        .isEqualTo(
            new Refused(
                Reason.NAME_CONSTRAINTS, "the URI name \"" + uri + "\" has no host to constrain"));
  }

  @TestFactory
  Stream<DynamicTest> holdsDnsNamesToTheConstraintsAboveThem() {
    return Stream.of(
        dnsConstrained("a.example", List.of("a.example"), List.of(), true),
        dnsConstrained("x.a.example", List.of("a.example"), List.of(), true),
        dnsConstrained("xa.example", List.of("a.example"), List.of(), false),
        dnsConstrained("b.example", List.of("a.example"), List.of(), false),
        dnsConstrained("b.example", List.of(), List.of("a.example"), true),
        dnsConstrained("A.example", List.of(), List.of("a.example"), false),
        dnsConstrained("*.example", List.of(), List.of("a.example"), false));
  }

  @Test
  @Tag("+X509-17")
  @Tag("-X509-17")
  @Tag("+ID-12")
  @Tag("Q-06")
  void appliesConstraintsToTrustDomainsThatAreNoDnsNames() {
    var root =
        TestAuthority.of(
            "under_score", CLOCK, it -> uncritical(it, List.of("under_score"), List.of()));
    var strict =
        TestAuthority.of(
            "under_score", CLOCK, it -> uncritical(it, List.of("else_where"), List.of()));

    assertThat(verify(root, root.issue("/a"))).isInstanceOf(Verified.class);
    assertThat(verify(strict, strict.issue("/a"))).isInstanceOf(Refused.class);
  }

  /// The same constraints on the authority itself and on an intermediate.
  private DynamicTest constrained(String name, Consumer<TestCertificate> knobs, boolean accepted) {
    var expected = accepted ? Verified.class : Refused.class;
    return dynamicTest(
        name,
        () -> {
          var root = TestAuthority.of("example.org", CLOCK, knobs);
          assertThat(verify(root, root.issue("/api"))).isInstanceOf(expected);
          assertThat(verify(authority, authority.subordinate(knobs).issue("/api")))
              .isInstanceOf(expected);
        });
  }

  private DynamicTest dnsConstrained(
      String name, List<String> permitted, List<String> excluded, boolean accepted) {
    return dynamicTest(
        name + " permitted " + permitted + " excluded " + excluded,
        () -> {
          var root =
              TestAuthority.of("example.org", CLOCK, it -> it.dnsConstraints(permitted, excluded));
          assertThat(verify(root, root.issue("/api", it -> it.dns(name))))
              .isInstanceOf(accepted ? Verified.class : Refused.class);
        });
  }

  private static X509Verdict verify(TestAuthority trusted, TestSvid svid) {
    return X509SvidVerifier.verify(svid.chain(), BundleSource.of(trusted.bundle()), NOW);
  }

  private static NameConstraints permitted(GeneralName name) {
    return new NameConstraints(new GeneralSubtree[] {new GeneralSubtree(name)}, null);
  }

  /// Constraints whose hosts the JDK cannot parse: marked critical, it refuses the certificate;
  /// marked uncritical, it drops them, and they hold all the same.
  private static void uncritical(
      TestCertificate certificate, List<String> permitted, List<String> excluded) {
    certificate.extension(
        Extension.nameConstraints,
        false,
        new NameConstraints(subtrees(permitted), subtrees(excluded)));
  }

  private static GeneralSubtree[] subtrees(List<String> hosts) {
    return hosts.stream()
        .map(host -> new GeneralSubtree(new GeneralName(6, host)))
        .toArray(GeneralSubtree[]::new);
  }
}
