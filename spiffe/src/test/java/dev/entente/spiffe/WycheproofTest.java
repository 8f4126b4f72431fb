package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.security.PublicKey;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Project Wycheproof's signatures through the two places where this room verifies one.
final class WycheproofTest {
  private static final Map<String, Map<String, String>> DIFFERENCES =
      Map.of(
          "rsa_pss_2048_sha256_mgf1_0_test by PS256",
          Map.of("69 s_len changed to 32", "the salt of 32 bytes that PS256 wants"));

  @FunctionalInterface
  private interface Verification {
    boolean verify(PublicKey key, byte[] signed, byte[] signature);
  }

  @TestFactory
  Stream<DynamicTest> judgesTokensSignaturesAsWycheproofDoes() {
    return Stream.of(
            Stream.of(
                judges("ecdsa_secp256r1_sha256_p1363_test", JwsAlgorithm.ES256::verify),
                judges("ecdsa_secp384r1_sha384_p1363_test", JwsAlgorithm.ES384::verify),
                judges("ecdsa_secp521r1_sha512_p1363_test", JwsAlgorithm.ES512::verify),
                judges("rsa_pss_2048_sha256_mgf1_32_test", JwsAlgorithm.PS256::verify),
                judges("rsa_pss_3072_sha256_mgf1_32_test", JwsAlgorithm.PS256::verify),
                judges("rsa_pss_4096_sha256_mgf1_32_test", JwsAlgorithm.PS256::verify),
                judges("rsa_pss_2048_sha384_mgf1_48_test", JwsAlgorithm.PS384::verify),
                judges("rsa_pss_4096_sha384_mgf1_48_test", JwsAlgorithm.PS384::verify),
                judges("rsa_pss_4096_sha512_mgf1_64_test", JwsAlgorithm.PS512::verify)),
            rsa(256, JwsAlgorithm.RS256::verify),
            rsa(384, JwsAlgorithm.RS384::verify),
            rsa(512, JwsAlgorithm.RS512::verify))
        .flatMap(tests -> tests);
  }

  /// Wycheproof's good signatures of another curve, hash, mask or salt are none of this algorithm.
  @TestFactory
  Stream<DynamicTest> refusesTokensSignaturesOfOtherParameters() {
    return Stream.of(
        refuses("ecdsa_secp256k1_sha256_p1363_test", JwsAlgorithm.ES256),
        refuses("ecdsa_secp256r1_sha512_p1363_test", JwsAlgorithm.ES256),
        refuses("ecdsa_secp256r1_sha512_p1363_test", JwsAlgorithm.ES512),
        refuses("ecdsa_secp384r1_sha512_p1363_test", JwsAlgorithm.ES384),
        refuses("ecdsa_secp384r1_sha512_p1363_test", JwsAlgorithm.ES512),
        refuses("rsa_pss_2048_sha1_mgf1_20_test", JwsAlgorithm.PS256),
        refuses("rsa_pss_2048_sha256_mgf1_0_test", JwsAlgorithm.PS256),
        refuses("rsa_pss_2048_sha256_mgf1sha1_20_test", JwsAlgorithm.PS256),
        refuses("rsa_pss_2048_sha512_256_mgf1_32_test", JwsAlgorithm.PS256),
        refuses("rsa_pss_4096_sha512_mgf1_32_test", JwsAlgorithm.PS512));
  }

  /// 150 good signatures, each of other parameters than the rest: an algorithm takes its own.
  @TestFactory
  Stream<DynamicTest> takesOfPssOnlyTheAlgorithmsOwnParameters() {
    return Stream.of(JwsAlgorithm.PS256, JwsAlgorithm.PS384, JwsAlgorithm.PS512)
        .map(algorithm ->
            judgesBy("rsa_pss_misc_test", algorithm, group -> isOfParameters(group, algorithm)));
  }

  @TestFactory
  Stream<DynamicTest> judgesCertificatesSignaturesAsWycheproofDoes() {
    return Stream.of(
            Stream.of(
                judges("ecdsa_secp256r1_sha256_test", SignatureAlgorithm.ECDSA_SHA256::verify),
                judges("ecdsa_secp384r1_sha256_test", SignatureAlgorithm.ECDSA_SHA256::verify),
                judges("ecdsa_secp384r1_sha384_test", SignatureAlgorithm.ECDSA_SHA384::verify),
                judges("ecdsa_secp256r1_sha512_test", SignatureAlgorithm.ECDSA_SHA512::verify),
                judges("ecdsa_secp384r1_sha512_test", SignatureAlgorithm.ECDSA_SHA512::verify),
                judges("ecdsa_secp521r1_sha512_test", SignatureAlgorithm.ECDSA_SHA512::verify)),
            rsa(256, SignatureAlgorithm.RSA_SHA256::verify),
            rsa(384, SignatureAlgorithm.RSA_SHA384::verify),
            rsa(512, SignatureAlgorithm.RSA_SHA512::verify))
        .flatMap(tests -> tests);
  }

  private static Stream<DynamicTest> rsa(int hashBits, Verification verification) {
    return Stream.of(2048, 3072, 4096, 8192)
        .map(keyBits ->
            judges("rsa_signature_%d_sha%d_test".formatted(keyBits, hashBits), verification));
  }

  private static DynamicTest judges(String set, Verification verification) {
    return judges(set, set, verification, _ -> true);
  }

  private static DynamicTest refuses(String set, JwsAlgorithm algorithm) {
    return judgesBy(set, algorithm, _ -> false);
  }

  private static DynamicTest judgesBy(
      String set, JwsAlgorithm algorithm, Predicate<Map<String, Object>> ours) {
    return judges(set, set + " by " + algorithm, algorithm::verify, ours);
  }

  private static DynamicTest judges(
      String set, String title, Verification verification, Predicate<Map<String, Object>> ours) {
    return dynamicTest(
        title,
        () -> {
          var report = new VectorReport(title);
          for (var group : Vectors.wycheproof(set)) {
            judge(group, ours.test(group), verification, report);
          }
          report.requireKnown(DIFFERENCES.getOrDefault(title, Map.of()));
        });
  }

  /// Cases Wycheproof calls acceptable may go either way; there both answers are right.
  ///
  /// @param ours whether the group's good signatures are good ones here
  private static void judge(
      Map<String, Object> group, boolean ours, Verification verification, VectorReport report) {
    var tests = Vectors.objects(group, "tests");
    var foreign = foreignKey(group);
    if (foreign.isPresent()) {
      assertThatIllegalArgumentException().isThrownBy(() -> read(group));
      report.notUsable(foreign.get(), tests.size());
      return;
    }
    var key = read(group);
    for (var test : tests) {
      var accepted = verification.verify(key, hex(test, "msg"), hex(test, "sig"));
      var expected = Vectors.text(test, "result");
      var good = expected.equals("acceptable") ? accepted : expected.equals("valid");
      report.judged(test.get("tcId") + " " + test.get("comment"), ours && good, accepted);
    }
  }

  private static boolean isOfParameters(Map<String, Object> group, JwsAlgorithm algorithm) {
    var hashBits = Long.parseLong(algorithm.name().substring(2));
    return Vectors.text(group, "sha").equals("SHA-" + hashBits)
        && Vectors.text(group, "mgfSha").equals("SHA-" + hashBits)
        && Objects.equals(group.get("sLen"), hashBits / 8);
  }

  /// Why a group's key is refused, and its signatures with it.
  private static Optional<String> foreignKey(Map<String, Object> group) {
    if (!(group.get("publicKey") instanceof Map<?, ?> key)) {
      return Optional.empty();
    }
    if (key.containsKey("publicExponent") && !"010001".equals(key.get("publicExponent"))) {
      return Optional.of("an exponent other than 65537, refused with the key");
    }
    if (Long.valueOf(8192).equals(group.get("keySize"))) {
      return Optional.of("a key of 8192 bits, refused as too large");
    }
    return "secp256k1".equals(key.get("curve"))
        ? Optional.of("a curve that is none of JOSE's three, refused with the key")
        : Optional.empty();
  }

  private static PublicKey read(Map<String, Object> group) {
    return PublicKeys.read(hex(group, "publicKeyDer"));
  }

  private static byte[] hex(Map<String, Object> object, String name) {
    return HexFormat.of().parseHex(Vectors.text(object, name));
  }
}
