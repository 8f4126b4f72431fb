package dev.entente.spiffe;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.security.PublicKey;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Project Wycheproof's signatures through the two places where this room verifies one.
final class WycheproofTest {
  @FunctionalInterface
  private interface Verification {
    boolean verify(PublicKey key, byte[] signed, byte[] signature);
  }

  @TestFactory
  Stream<DynamicTest> judgesTokensSignaturesAsWycheproofDoes() {
    return Stream.of(
        judges("ecdsa_secp256r1_sha256_p1363_test", JwsAlgorithm.ES256::verify),
        judges("ecdsa_secp384r1_sha384_p1363_test", JwsAlgorithm.ES384::verify),
        judges("rsa_signature_2048_sha256_test", JwsAlgorithm.RS256::verify),
        judges("rsa_signature_3072_sha256_test", JwsAlgorithm.RS256::verify),
        judges("rsa_pss_2048_sha256_mgf1_32_test", JwsAlgorithm.PS256::verify));
  }

  @TestFactory
  Stream<DynamicTest> judgesCertificatesSignaturesAsWycheproofDoes() {
    return Stream.of(
        judges("ecdsa_secp256r1_sha256_test", SignatureAlgorithm.ECDSA_SHA256::verify),
        judges("ecdsa_secp384r1_sha384_test", SignatureAlgorithm.ECDSA_SHA384::verify),
        judges("rsa_signature_2048_sha256_test", SignatureAlgorithm.RSA_SHA256::verify),
        judges("rsa_signature_3072_sha256_test", SignatureAlgorithm.RSA_SHA256::verify));
  }

  private static DynamicTest judges(String file, Verification verification) {
    return dynamicTest(
        file,
        () -> {
          var report = new VectorReport(file);
          var groups = Vectors.objects(Vectors.read("wycheproof/" + file + ".json"), "testGroups");
          groups.forEach(group -> judge(group, verification, report));
          report.requireKnown(Map.of());
        });
  }

  /// Cases Wycheproof calls acceptable may go either way; there both answers are right.
  private static void judge(
      Map<String, Object> group, Verification verification, VectorReport report) {
    var tests = Vectors.objects(group, "tests");
    if (hasForeignExponent(group)) {
      report.notUsable("an exponent other than 65537, refused with the key", tests.size());
      return;
    }
    var key = PublicKeys.read(hex(group, "publicKeyDer"));
    for (var test : tests) {
      var accepted = verification.verify(key, hex(test, "msg"), hex(test, "sig"));
      var expected = Vectors.text(test, "result");
      var good = expected.equals("acceptable") ? accepted : expected.equals("valid");
      report.judged(test.get("tcId") + " " + test.get("comment"), good, accepted);
    }
  }

  /// A few groups use small exponents, which we refuse with the key.
  private static boolean hasForeignExponent(Map<String, Object> group) {
    return group.get("publicKey") instanceof Map<?, ?> key
        && key.containsKey("publicExponent")
        && !"010001".equals(key.get("publicExponent"));
  }

  private static byte[] hex(Map<String, Object> object, String name) {
    return HexFormat.of().parseHex(Vectors.text(object, name));
  }
}
