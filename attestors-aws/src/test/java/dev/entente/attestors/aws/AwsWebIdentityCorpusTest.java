package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.Nonce;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.FakeSts;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestRsaKeys;
import dev.entente.testkit.TokenCorpus;
import dev.entente.testkit.TokenCorpus.Recipe;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The corpus of `aws_web_identity`: one good token, and bad tokens that differ from it by one
/// mutation, of its claims or of its text.
class AwsWebIdentityCorpusTest extends CorpusContract<Recipe> {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeSts STS = new FakeSts(() -> NOW);
  private static final KeyPair STRANGER = TestRsaKeys.next();
  private static final String NONCE = Nonce.fresh();
  private static final String AUDIENCE = "spiffe://example.org/" + NONCE;
  private static final String KID = "\"kid\":\"" + FakeSts.KEY_ID + "\"";
  private static final TokenCorpus TOKENS =
      new TokenCorpus(
          AwsWebIdentityCorpusTest::good,
          claims -> FakeGoogle.sign(claims, FakeSts.KEY_ID, STS.keys()));

  AwsWebIdentityCorpusTest() {
    super("aws_web_identity", "aws-web-identity/");
  }

  @Override
  protected Recipe good(String name) {
    return TOKENS.recipe();
  }

  @AfterAll
  static void close() {
    STS.close();
  }

  private static Map<String, Object> good() {
    return FakeSts.claims(NOW, FakeSts.instance("i-0a1b2c3d4e"), AUDIENCE);
  }

  private static Map<String, Object> withoutInstance() {
    var principal = FakeSts.instance("i-0a1b2c3d4e");
    principal.remove("ec2_source_instance_arn");
    return principal;
  }

  private static Mutation<Recipe> aws(String name, String member, Object value) {
    return TOKENS.claims(
        name,
        claims -> {
          var principal = FakeSts.instance("i-0a1b2c3d4e");
          principal.put(member, value);
          claims.put("https://sts.amazonaws.com/", principal);
        });
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    long now = NOW.getEpochSecond();
    return Stream.concat(
        TOKENS.forgeries(FakeSts.KEY_ID, STS.keys().getPublic()),
        Stream.of(
            TOKENS.claim(
                "issuer-of-another-account", "iss", "https://b2.tokens.sts.global.api.aws"),
            TOKENS.claim("issuer", "iss", FakeSts.ISSUER + ".example"),
            TOKENS.claims("without-issuer", claims -> claims.remove("iss")),
            TOKENS.claim("audience-of-another-broker", "aud", "spiffe://other.org/" + NONCE),
            TOKENS.claim("audience-without-nonce", "aud", "spiffe://example.org"),
            TOKENS.claim(
                "audience-of-another-nonce", "aud", "spiffe://example.org/" + Nonce.fresh()),
            TOKENS.claim("audience-that-goes-on", "aud", AUDIENCE + "x"),
            TOKENS.claim("audience-in-a-list", "aud", List.of(AUDIENCE)),
            TOKENS.claim("node-name-with-a-slash", "aud", AUDIENCE + "/a/b"),
            TOKENS.claim("expired", "exp", now - 60),
            TOKENS.claim("from-the-future", "iat", now + 61),
            TOKENS.claims("without-end", claims -> claims.remove("exp")),
            TOKENS.claim("endless", "exp", Long.MAX_VALUE),
            TOKENS.claims(
                "without-claims-of-aws", claims -> claims.remove("https://sts.amazonaws.com/")),
            TOKENS.claim("of-a-user", "sub", "arn:aws:iam::123456789012:user/mallory"),
            TOKENS.claim(
                "of-another-accounts-role", "sub", "arn:aws:iam::999999999999:role/node-role"),
            aws(
                "of-another-accounts-instance",
                "ec2_source_instance_arn",
                "arn:aws:ec2:us-west-2:999999999999:instance/i-0a1b2c3d4e"),
            aws(
                "of-another-accounts-function",
                "lambda_source_function_arn",
                "arn:aws:lambda:us-west-2:999999999999:function:f"),
            TOKENS.world("account", "account", "999999999999"),
            aws("organization", "org_id", "o-9x9t9umolz"),
            TOKENS.claims(
                "of-a-role-without-a-name",
                claims -> claims.put("https://sts.amazonaws.com/", withoutInstance())),
            aws("account-too-short", "aws_account", "1234"),
            aws(
                "instance-that-climbs",
                "ec2_source_instance_arn",
                "arn:aws:ec2:us-west-2:123456789012:instance/../i-0a1b2c3d4e"),
            aws("region", "source_region", "us west"),
            aws("unit-path", "ou_path", List.of("a:b")),
            aws("tag-with-an-odd-name", "principal_tags", Map.of("team", "web", "te|am", "web")),
            aws("tag-with-an-odd-value", "principal_tags", Map.of("team", "w|b")),
            aws("tags-that-are-none", "principal_tags", Map.of("team", List.of("web"))),
            TOKENS.header("jku", "{\"alg\":\"RS256\",\"jku\":\"https://x.example\"," + KID + "}"),
            TOKENS.text(
                "signed-by-a-stranger", _ -> FakeGoogle.sign(good(), FakeSts.KEY_ID, STRANGER)),
            TOKENS.swapped("sub", "arn:aws:iam::123456789012:role/admin"),
            TOKENS.text("empty", _ -> "")));
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

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var account = recipe.world().getOrDefault("account", FakeSts.ACCOUNT).toString();
    return judge(recipe.token(), account);
  }

  private static AttestationStep judge(String token) throws Exception {
    return judge(token, FakeSts.ACCOUNT);
  }

  private static AttestationStep judge(String token, String account) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "issuers", List.of(FakeSts.ISSUER),
                "account-ids", List.of(account),
                "organization-ids", List.of("o-0x3t8umolz"),
                "keys-url", STS.keysUrl().toString()));
    var domain = TrustDomain.parse("example.org");
    var config = AwsWebIdentityConfig.read(domain, settings);
    return new AwsWebIdentityAttestor(domain, config, () -> NOW)
        .answer(token.getBytes(StandardCharsets.UTF_8), NONCE);
  }
}
