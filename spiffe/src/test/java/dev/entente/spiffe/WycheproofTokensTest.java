package dev.entente.spiffe;

import static java.util.Map.entry;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Project Wycheproof's signed tokens and their keys through [BundleDocument] and [JoseGate].
///
/// What their tokens carry are no claims, so the gate gets each token with an empty object in the
/// payload's place; the signature is verified over what was signed. Their keys get the `use` of a
/// bundle where they have the one for signatures or none.
final class WycheproofTokensTest {
  private static final TrustDomain EXAMPLE = TrustDomain.parse("example.org");
  private static final String EMPTY_OBJECT = "e30";

  @TestFactory
  Stream<DynamicTest> judgesTokensAndKeysAsWycheproofDoesButForTheKnownDifferences() {
    var empty = "a token without claims is no JWT";
    var operations = "`use` says what a key of a bundle is for; `key_ops` is not defined there";
    var algorithm = "kind, curve and size of a key decide; `alg` is not defined in a bundle";
    var roca = "how an issuer's own key was made is not looked into";
    return Stream.of(
        judges(
            "json_web_signature_test",
            Map.ofEntries(
                entry("259 emptyPayload", empty),
                entry("264 emptyPayload", empty),
                entry("268 emptyPayload", empty),
                entry("272 emptyPayload", empty),
                entry("320 emptyPayload", empty),
                entry("325 emptyPayload", empty),
                entry("332 UsingRS256", algorithm),
                entry("334 UsingRS384", algorithm),
                entry("336 UsingRS512", algorithm),
                entry("338 UsingPS256", algorithm),
                entry("340 UsingPS384", algorithm),
                entry("355 rejectWrongKeyOps", operations),
                entry("356 rejectWrongKeyOps", operations))),
        judges(
            "json_web_key_test",
            Map.of(
                "7 rejectsKeyWithRocaVulnerability", roca,
                "19 mismatchedAlgAndCurve", algorithm,
                "20 mismatchedAlgAndCurve", algorithm)),
        judges("json_web_crypto_test", Map.of("46 rejectsKeyWithRocaVulnerability", roca)));
  }

  private static DynamicTest judges(String file, Map<String, String> reasons) {
    return dynamicTest(
        file,
        () -> {
          var report = new VectorReport(file);
          Vectors.wycheproof(file).forEach(group -> judge(group, report));
          report.requireKnown(reasons);
        });
  }

  private static void judge(Map<String, Object> group, VectorReport report) {
    var tests = Vectors.objects(group, "tests");
    if (Vectors.text(group, "comment").startsWith("jwe")) {
      report.notUsable("encryption, which no SVID has", tests.size());
    } else if (publicKeys(group).isEmpty()) {
      report.notUsable("a secret key both sides share, which no bundle has", tests.size());
    } else {
      for (var test : tests) {
        var id = test.get("tcId") + " " + test.get("comment");
        var good = Vectors.text(test, "result").equals("valid");
        report.judged(id, good, isAccepted(publicKeys(group), Vectors.text(test, "jws")));
      }
    }
  }

  private static boolean isAccepted(List<Map<String, Object>> keys, String jws) {
    try {
      var bundle = Json.write(Map.of("keys", keys)).getBytes(StandardCharsets.UTF_8);
      var authorities = BundleDocument.parse(EXAMPLE, bundle).jwtAuthorities();
      var gate = JoseGate.pass(withoutPayload(jws));
      var signed = jws.substring(0, jws.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
      var signature = Base64Url.decode(jws.substring(jws.lastIndexOf('.') + 1), "signature");
      return authorities.stream()
          .filter(key -> gate.keyId().filter(it -> !it.equals(key.keyId())).isEmpty())
          .anyMatch(key -> gate.algorithm().verify(key.publicKey(), signed, signature));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /// A token whose payload is missing or no base64url is refused, as the gate would.
  private static String withoutPayload(String jws) {
    var first = jws.indexOf('.');
    var last = jws.lastIndexOf('.');
    if (last <= first + 1) {
      return jws;
    }
    Base64Url.decode(jws.substring(first + 1, last), "payload");
    return jws.substring(0, first + 1) + EMPTY_OBJECT + jws.substring(last);
  }

  /// The public halves; empty if the group has none.
  private static List<Map<String, Object>> publicKeys(Map<String, Object> group) {
    var half = group.containsKey("public") ? "public" : "private";
    var key = Json.asObject(Objects.requireNonNull(group.get(half)), "key");
    var all = key.containsKey("keys") ? Vectors.objects(key, "keys") : List.of(key);
    var found = new ArrayList<Map<String, Object>>();
    for (var one : all) {
      if (!"oct".equals(one.get("kty"))) {
        found.add(forBundle(one));
      }
    }
    return found;
  }

  private static Map<String, Object> forBundle(Map<String, Object> jwk) {
    var published = new LinkedHashMap<>(jwk);
    List.of("d", "p", "q", "dp", "dq", "qi").forEach(published::remove);
    published.putIfAbsent("kid", "the-only-one");
    if (published.getOrDefault("use", "sig").equals("sig")) {
      published.put("use", "jwt-svid");
    }
    return published;
  }
}
