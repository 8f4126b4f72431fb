package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.Nonce;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.FakeSts;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Bad;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `aws_web_identity`: one good token, and bad tokens that differ from it by one
/// mutation, of its claims or of its text.
class AwsWebIdentityCorpusTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeSts STS = new FakeSts(() -> NOW);
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final String NONCE = Nonce.fresh();
  private static final String AUDIENCE = "spiffe://example.org/" + NONCE;
  private static final String KID = "\"kid\":\"" + FakeSts.KEY_ID + "\"";
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          "aws-web-identity",
          AwsWebIdentityCorpusTest::good,
          claims -> FakeGoogle.sign(claims, FakeSts.KEY_ID, STS.keys()));

  @AfterAll
  static void close() {
    STS.close();
  }

  private static Map<String, Object> good() {
    return FakeSts.claims(NOW, FakeSts.instance("i-0a1b2c3d4e"), AUDIENCE);
  }

  private static Bad aws(String name, String code, String member, Object value) {
    return TOKENS.claims(
        name,
        code,
        claims -> {
          var principal = FakeSts.instance("i-0a1b2c3d4e");
          principal.put(member, value);
          claims.put("https://sts.amazonaws.com/", principal);
        });
  }

  static Stream<Bad> bad() {
    long now = NOW.getEpochSecond();
    return Stream.of(
        TOKENS.claim(
            "issuer-of-another-account",
            "wrong-issuer",
            "iss",
            "https://b2.tokens.sts.global.api.aws"),
        TOKENS.claim("issuer", "wrong-issuer", "iss", FakeSts.ISSUER + ".example"),
        TOKENS.claims("without-issuer", "wrong-issuer", claims -> claims.remove("iss")),
        TOKENS.claim(
            "audience-of-another-broker", "wrong-audience", "aud", "spiffe://other.org/" + NONCE),
        TOKENS.claim("audience-without-nonce", "wrong-audience", "aud", "spiffe://example.org"),
        TOKENS.claim(
            "audience-of-another-nonce",
            "wrong-audience",
            "aud",
            "spiffe://example.org/" + Nonce.fresh()),
        TOKENS.claim("audience-that-goes-on", "wrong-audience", "aud", AUDIENCE + "x"),
        TOKENS.claim("audience-in-a-list", "wrong-audience", "aud", List.of(AUDIENCE)),
        TOKENS.claim("node-name-with-a-slash", "malformed-claims", "aud", AUDIENCE + "/a/b"),
        TOKENS.claim("expired", "expired", "exp", now - 60),
        TOKENS.claim("from-the-future", "issued-in-the-future", "iat", now + 61),
        TOKENS.claims("without-end", "no-time", claims -> claims.remove("exp")),
        TOKENS.claim("endless", "no-time", "exp", Long.MAX_VALUE),
        TOKENS.claims(
            "without-claims-of-aws",
            "malformed-claims",
            claims -> claims.remove("https://sts.amazonaws.com/")),
        TOKENS.claim("of-a-user", "not-a-role", "sub", "arn:aws:iam::123456789012:user/mallory"),
        TOKENS.claim(
            "of-another-accounts-role",
            "other-account",
            "sub",
            "arn:aws:iam::999999999999:role/node-role"),
        aws(
            "of-another-accounts-instance",
            "other-account",
            "ec2_source_instance_arn",
            "arn:aws:ec2:us-west-2:999999999999:instance/i-0a1b2c3d4e"),
        aws(
            "of-another-accounts-function",
            "other-account",
            "lambda_source_function_arn",
            "arn:aws:lambda:us-west-2:999999999999:function:f"),
        TOKENS.claims(
            "account",
            "account-not-allowed",
            claims -> {
              claims.put("sub", "arn:aws:iam::999999999999:role/node-role");
              var principal = FakeSts.role();
              principal.put("aws_account", "999999999999");
              claims.put("https://sts.amazonaws.com/", principal);
            }),
        aws("organization", "organization-not-allowed", "org_id", "o-9x9t9umolz"),
        TOKENS.claim(
            "of-a-role-without-a-name",
            "no-node-name",
            "https://sts.amazonaws.com/",
            FakeSts.role()),
        aws("account-too-short", "malformed-claims", "aws_account", "1234"),
        aws(
            "instance-that-climbs",
            "malformed-claims",
            "ec2_source_instance_arn",
            "arn:aws:ec2:us-west-2:123456789012:instance/../i-0a1b2c3d4e"),
        aws("region", "malformed-claims", "source_region", "us west"),
        aws("unit-path", "malformed-claims", "ou_path", List.of("a:b")),
        aws("tag-with-an-odd-name", "malformed-claims", "principal_tags", Map.of("te|am", "web")),
        aws("tag-with-an-odd-value", "malformed-claims", "principal_tags", Map.of("team", "w|b")),
        aws(
            "tags-that-are-none",
            "malformed-claims",
            "principal_tags",
            Map.of("team", List.of("web"))),
        TOKENS.header("alg-none", "malformed", "{\"alg\":\"none\"," + KID + "}"),
        TOKENS.header("alg-ps256", "algorithm-not-allowed", "{\"alg\":\"PS256\"," + KID + "}"),
        TOKENS.hs256(FakeSts.KEY_ID, STS.keys().getPublic()),
        TOKENS.header(
            "kid-from-elsewhere", "unknown-key", "{\"alg\":\"RS256\",\"kid\":\"elsewhere\"}"),
        TOKENS.header("without-kid", "unknown-key", "{\"alg\":\"RS256\"}"),
        TOKENS.header(
            "jku", "malformed", "{\"alg\":\"RS256\",\"jku\":\"https://x.example\"," + KID + "}"),
        TOKENS.text(
            "signed-by-a-stranger",
            "wrong-signature",
            _ -> FakeGoogle.sign(good(), FakeSts.KEY_ID, STRANGER)),
        TOKENS.swapped("sub", "arn:aws:iam::123456789012:role/admin"),
        TOKENS.text("two-parts", "malformed", token -> token.substring(0, token.lastIndexOf('.'))),
        TOKENS.text("giant", "malformed", token -> token + "A".repeat(9000)),
        TOKENS.text("empty", "malformed", _ -> ""));
  }

  @Test
  void acceptsTheGoodToken() throws Exception {
    assertThat(judge(TOKENS.good())).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadTokenForItsOwnReason(Bad bad) throws Exception {
    assertThat(judge(bad.token()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.code()).isEqualTo(bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsABadTokenOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    var undone = bad.undone();

    assertThat(bad.token()).isNotEqualTo(undone.token());
    assertThat(judge(undone.token())).isInstanceOf(Attested.class);
  }

  @Test
  void readsATagWithoutAValue() throws Exception {
    var principal = FakeSts.instance("i-0a1b2c3d4e");
    principal.put("principal_tags", Map.of("team", ""));

    var step =
        judge(
            FakeGoogle.sign(FakeSts.claims(NOW, principal, AUDIENCE), FakeSts.KEY_ID, STS.keys()));

    assertThat(((Attested) step).node().selectors())
        .extracting(Object::toString)
        .contains("aws_web_identity:tag:team:");
  }

  @Test
  void readsOneUnitPathAsAwsDocumentsIt() throws Exception {
    var principal = FakeSts.instance("i-0a1b2c3d4e");
    principal.put("ou_path", "o-0x3t8umolz/r-zc5j/ou-zc5j-11111111/ou-zc5j-22222222/");

    var step =
        judge(
            FakeGoogle.sign(FakeSts.claims(NOW, principal, AUDIENCE), FakeSts.KEY_ID, STS.keys()));

    assertThat(((Attested) step).node().selectors())
        .extracting(Object::toString)
        .contains(
            "aws_web_identity:ou_path:o-0x3t8umolz/r-zc5j/ou-zc5j-11111111/ou-zc5j-22222222/");
  }

  private static AttestationStep judge(String token) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "issuers", List.of(FakeSts.ISSUER),
                "account-ids", List.of(FakeSts.ACCOUNT),
                "organization-ids", List.of("o-0x3t8umolz"),
                "keys-url", STS.keysUrl().toString()));
    var domain = TrustDomain.parse("example.org");
    var config = AwsWebIdentityConfig.read(domain, settings);
    return new AwsWebIdentityAttestor(domain, config, () -> NOW)
        .answer(token.getBytes(StandardCharsets.UTF_8), NONCE);
  }
}
