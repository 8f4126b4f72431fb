package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// x509-limbo's path cases through [PathWalk], below the SPIFFE rules that no leaf of theirs keeps.
///
/// Their intermediates come in no order, so a case counts as accepted if some order is. Rules of
/// the Web PKI, revocation and host names are not ours: of those cases only the good ones are
/// judged.
final class LimboTest {
  /// Limbo's certificates are valid for centuries where a case names no time.
  private static final Instant ANY_TIME = Instant.parse("2026-11-22T12:00:00Z");

  /// Cases taken over from another suite, of host names and of paths to be found among many
  /// certificates. A clone's file has them, one that is made anew may not.
  private static final String BETTERTLS = "bettertls::";

  private static final BundleSource NOBODYS = _ -> Optional.empty();

  private static final Set<X509Verdict.Reason> BEFORE_THE_PATH =
      EnumSet.of(
          X509Verdict.Reason.CHAIN_SIZE,
          X509Verdict.Reason.MALFORMED,
          X509Verdict.Reason.NOT_A_LEAF,
          X509Verdict.Reason.NO_SPIFFE_ID);

  /// Kinds of cases of which only the good ones are judged, and why the bad ones are not.
  private static final Map<String, String> FOREIGN_RULES =
      Map.of(
          "webpki", "rules of the Web PKI on names and keys, which are not ours",
          "crl", "revocation lists, which SPIFFE does not use");

  /// Rules for issuers, or for host names, that decide nothing about a SPIFFE ID; and where we are
  /// stricter on purpose.
  private static final Map<String, String> DIFFERENCES = differences();

  private static Map<String, String> differences() {
    var all = new TreeMap<String, String>();
    note(all, "more than five certificates", "cve::cve-2024-0567");
    note(
        all,
        "constraints on names of kinds that a SPIFFE leaf has no use for are not judged",
        "rfc5280::nc::nc-permits-email-domain",
        "rfc5280::nc::nc-permits-email-exact",
        "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
        "rfc5280::nc::nc-permits-email-literal-double-asterisk",
        "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
        "rfc5280::nc::permitted-dn-match",
        "rfc5280::nc::permitted-ipv4-match",
        "rfc5280::nc::permitted-ipv6-match");
    note(
        all,
        "self-issued certificates are not exempt from constraints",
        "rfc5280::nc::permitted-self-issued");
    note(
        all,
        "a depth limit set by the caller of limbo's harness; ours is fixed",
        "pathlen::max-chain-depth-0-exhausted",
        "pathlen::max-chain-depth-1-exhausted");
    note(
        all,
        "key identifiers help to find an issuer; the signature decides",
        "rfc5280::aki::critical-aki",
        "rfc5280::aki::cross-signed-root-missing-aki",
        "rfc5280::aki::intermediate-missing-aki",
        "rfc5280::aki::leaf-missing-aki",
        "rfc5280::ski::intermediate-missing-ski",
        "rfc5280::ski::root-missing-ski");
    note(
        all,
        "judged by the rules for leaves, or by the usage in TLS",
        "rfc5280::ca-as-leaf-wrong-san",
        "rfc5280::eku::ee-wrong-eku",
        "rfc5280::leaf-ku-keycertsign",
        "rfc5280::nc::not-allowed-in-ee-critical",
        "rfc5280::nc::not-allowed-in-ee-noncritical");
    note(
        all,
        "the form of DNS names that nobody reads here",
        "rfc5280::nc::invalid-dnsname-leading-period",
        "rfc5280::nc::nc-permits-invalid-dns-san",
        "rfc5280::san::ip-in-dns",
        "rfc5280::san::noncritical-with-empty-subject",
        "rfc5280::san::underscore-dns");
    note(
        all,
        "a mark or number that the issuer should have set otherwise; the constraint is applied",
        "rfc5280::nc::permitted-dns-match-noncritical",
        "rfc5280::pc::ica-noncritical-pc",
        "rfc5280::root-non-critical-basic-constraints",
        "rfc5280::serial::too-long",
        "rfc5280::serial::zero");
    return all;
  }

  private static void note(Map<String, String> all, String reason, String... ids) {
    for (var id : ids) {
      all.put(id, reason);
    }
  }

  @Test
  void judgesPathsAsLimboDoesButForTheKnownDifferences() {
    var reports = new TreeMap<String, VectorReport>();
    for (var testCase : cases()) {
      var id = Vectors.text(testCase, "id");
      var kind = id.substring(0, id.indexOf(':'));
      var report = reports.computeIfAbsent(kind, it -> new VectorReport("x509-limbo, " + it));
      var good = Vectors.text(testCase, "expected_result").equals("SUCCESS");
      if (kind.equals("online")) {
        report.notUsable("chains of public sites, of another time", 1);
      } else if (!good && FOREIGN_RULES.containsKey(kind)) {
        report.notUsable(Objects.requireNonNull(FOREIGN_RULES.get(kind)), 1);
      } else {
        report.judged(id, good, isAccepted(testCase));
      }
    }
    reports.forEach((kind, report) -> report.requireKnown(ofKind(kind)));
  }

  /// The same chains at the public door, where the rules for leaves come before the path: none is
  /// an X509-SVID, whoever's bundle there is, and it is a rule that says so, not a bug.
  @Test
  void refusesEachChainAtThePublicVerifierForWhatItsLeafIs() {
    for (var testCase : cases()) {
      assertThat(X509SvidVerifier.verifyDer(chain(testCase), NOBODYS, ANY_TIME))
          .as(Vectors.text(testCase, "id"))
          .isInstanceOfSatisfying(
              X509Verdict.Refused.class,
              refused -> assertThat(refused.reason()).isIn(BEFORE_THE_PATH));
    }
  }

  private static List<byte[]> chain(Map<String, Object> testCase) {
    var intermediates = Vectors.texts(testCase, "untrusted_intermediates");
    return prepend(Vectors.text(testCase, "peer_certificate"), intermediates).stream()
        .map(pem -> Pem.decodeOne(pem, Pem.CERTIFICATE))
        .toList();
  }

  private static List<Map<String, Object>> cases() {
    return Vectors.objects(Vectors.limbo(), "testcases").stream()
        .filter(testCase -> !Vectors.text(testCase, "id").startsWith(BETTERTLS))
        .toList();
  }

  private static Map<String, String> ofKind(String kind) {
    return DIFFERENCES.entrySet().stream()
        .filter(difference -> difference.getKey().startsWith(kind + "::"))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static boolean isAccepted(Map<String, Object> testCase) {
    var intermediates = Vectors.texts(testCase, "untrusted_intermediates");
    return intermediates.size() < X509SvidVerifier.MAX_CERTIFICATES
        && orders(intermediates).anyMatch(order -> isAccepted(testCase, order));
  }

  private static boolean isAccepted(Map<String, Object> testCase, List<String> intermediates) {
    try {
      var chain = new ArrayList<CertificateFields>();
      chain.add(fields(Vectors.text(testCase, "peer_certificate")));
      intermediates.forEach(it -> chain.add(fields(it)));
      Extensions.altNames(chain.getFirst());
      Extensions.extendedKeyUsage(chain.getFirst());
      var authorities =
          Vectors.texts(testCase, "trusted_certs").stream()
              .map(pem -> X509Authority.of(Pem.certificates(pem).getFirst()))
              .toList();
      new PathWalk(chain, time(testCase)).walk(authorities).requireNamesAllowed();
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Instant time(Map<String, Object> testCase) {
    return testCase.get("validation_time") instanceof String time
        ? OffsetDateTime.parse(time).toInstant()
        : ANY_TIME;
  }

  private static CertificateFields fields(String pem) {
    return CertificateFields.read(Pem.decodeOne(pem, Pem.CERTIFICATE));
  }

  private static Stream<List<String>> orders(List<String> intermediates) {
    if (intermediates.size() < 2) {
      return Stream.of(intermediates);
    }
    return intermediates.stream()
        .flatMap(first -> {
          var rest = new ArrayList<>(intermediates);
          rest.remove(first);
          return orders(rest).map(tail -> prepend(first, tail));
        });
  }

  private static List<String> prepend(String first, List<String> tail) {
    var order = new ArrayList<String>();
    order.add(first);
    order.addAll(tail);
    return order;
  }
}
