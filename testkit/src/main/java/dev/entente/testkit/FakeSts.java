package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.io.IOException;
import java.net.URI;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// The parts of AWS around a web identity token: the Security Token Service that signs it, the keys
/// that verify it, and what tells a process in a container which role and task it has.
///
/// Whoever comes with [#ACCESS_KEY] and its session token is the principal last set; a signature's
/// form is looked at, its value is not.
public final class FakeSts implements AutoCloseable {
  /// The issuer of the account.
  public static final String ISSUER =
      "https://a1ebc705-cd4d-42b4-93b5-96e93acfb431.tokens.sts.global.api.aws";

  /// The id of the signing key.
  public static final String KEY_ID = "RSA_1";

  /// The account of all principals.
  public static final String ACCOUNT = "123456789012";

  /// The role of all principals.
  public static final String ROLE = "arn:aws:iam::" + ACCOUNT + ":role/service/node-role";

  public static final String ACCESS_KEY = "ASIATESTKEY";
  public static final String SESSION_TOKEN = "session/token+";

  private static final String NAMESPACE = "https://sts.amazonaws.com/";
  private static final String FORM =
      "AWS4-HMAC-SHA256 Credential="
          + ACCESS_KEY
          + "/[0-9]{8}/us-west-2/sts/aws4_request, SignedHeaders="
          + "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"
          + " Signature=[0-9a-f]{64}";

  private final KeyPair keys = TestRsaKeys.next();
  private final Supplier<Instant> clock;
  private final AtomicReference<Map<String, Object>> principal =
      new AtomicReference<>(instance("i-0a1b2c3d4e"));
  private final AtomicReference<String> error = new AtomicReference<>("");
  private final FakeHttp http = new FakeHttp(this::answer);

  public FakeSts(Supplier<Instant> clock) {
    this.clock = clock;
  }

  /// Where it answers.
  public URI endpoint() {
    return http.address();
  }

  /// Where the keys are.
  public URI keysUrl() {
    return http.address().resolve("/.well-known/jwks.json");
  }

  /// The signing key.
  public KeyPair keys() {
    return keys;
  }

  /// From now on, whoever asks is this principal: the claims in AWS's own name space.
  public void become(Map<String, Object> claims) {
    principal.set(Map.copyOf(claims));
  }

  /// From now on every request for a token is refused with this code; an empty text: with none.
  public void refuseWith(String code) {
    error.set(code);
  }

  /// AWS's claims about a process on an EC2 instance.
  public static Map<String, Object> instance(String id) {
    var claims = role();
    claims.put("ec2_source_instance_arn", "arn:aws:ec2:us-west-2:" + ACCOUNT + ":instance/" + id);
    claims.put("ec2_instance_source_vpc", "vpc-0a1b2c3d");
    claims.put("ec2_instance_source_private_ipv4", "172.31.1.146");
    claims.put("ec2_role_delivery", "2.0");
    return claims;
  }

  /// AWS's claims about a process in a task.
  public static Map<String, Object> role() {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aws_account", ACCOUNT);
    claims.put("source_region", "us-west-2");
    claims.put("org_id", "o-0x3t8umolz");
    claims.put("ou_path", List.of("o-0x3t8umolz/r-zc5j/ou-zc5j-11111111/"));
    claims.put("principal_id", ROLE);
    claims.put("principal_tags", Map.of("team", "web"));
    return claims;
  }

  /// AWS's claims about a Lambda function.
  public static Map<String, Object> function(String name) {
    var claims = role();
    claims.put(
        "lambda_source_function_arn", "arn:aws:lambda:us-west-2:" + ACCOUNT + ":function:" + name);
    return claims;
  }

  /// The claims of a token made now, for a principal and an audience.
  public static Map<String, Object> claims(
      Instant now, Map<String, Object> principal, String audience) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aud", audience);
    claims.put("sub", ROLE);
    claims.put("iss", ISSUER);
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.getEpochSecond() + 60);
    claims.put("jti", "c9c99a1c-5763-4db3-87c4-b96d4749b0d0");
    claims.put(NAMESPACE, principal);
    return claims;
  }

  private void answer(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/.well-known/jwks.json" -> FakeHttp.send(exchange, 200, "application/json", jwks());
      case "/v2/credentials" -> credentials(exchange);
      case "/v4/abc/task" ->
          FakeHttp.send(
              exchange,
              200,
              "application/json",
              "{\"Cluster\":\"web\",\"TaskARN\":\"arn:aws:ecs:us-west-2:"
                  + ACCOUNT
                  + ":task/web/158d1c8083dd49d6b527399fd6414f5c\",\"Family\":\"web\"}");
      case "/", "" -> token(exchange);
      default -> FakeHttp.send(exchange, 404, "text/plain", "no such page");
    }
  }

  private static void credentials(HttpExchange exchange) throws IOException {
    if (!FakeHttp.header(exchange, "Authorization").equals("container-secret")) {
      FakeHttp.send(exchange, 401, "text/plain", "no");
      return;
    }
    FakeHttp.send(exchange, 200, "application/json", credentials());
  }

  /// What a metadata or container service hands out.
  public static String credentials() {
    return Json.write(
        Map.of(
            "AccessKeyId",
            ACCESS_KEY,
            "SecretAccessKey",
            "secret",
            "Token",
            SESSION_TOKEN,
            "Expiration",
            "2027-01-01T00:00:00Z"));
  }

  private void token(HttpExchange exchange) throws IOException {
    var form = FakeHttp.form(exchange);
    var code = error.get();
    if (!code.isEmpty()) {
      fail(exchange, 403, code);
    } else if (!FakeHttp.header(exchange, "Authorization").matches(FORM)
        || !FakeHttp.header(exchange, "X-Amz-Security-Token").equals(SESSION_TOKEN)) {
      fail(exchange, 403, "InvalidClientTokenId");
    } else if (!form.getOrDefault("Action", "").equals("GetWebIdentityToken")
        || !form.getOrDefault("SigningAlgorithm", "").equals("RS256")
        || !form.containsKey("Audience.member.1")) {
      fail(exchange, 400, "ValidationError");
    } else {
      var claims = claims(clock.get(), principal.get(), form.get("Audience.member.1"));
      FakeHttp.send(exchange, 200, "text/xml", answer(FakeGoogle.sign(claims, KEY_ID, keys)));
    }
  }

  private static String answer(String token) {
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <GetWebIdentityTokenResult>
        <WebIdentityToken>%s</WebIdentityToken>
        <Expiration>2026-04-21T07:37:10.000Z</Expiration>
      </GetWebIdentityTokenResult>
      <ResponseMetadata><RequestId>5f1a</RequestId></ResponseMetadata>
    </GetWebIdentityTokenResponse>
    """
        .formatted(token);
  }

  private static void fail(HttpExchange exchange, int status, String code) throws IOException {
    FakeHttp.send(
        exchange,
        status,
        "text/xml",
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
            + "<Type>Sender</Type><Code>%s</Code><Message>no</Message></Error>".formatted(code)
            + "<RequestId>5f1a</RequestId></ErrorResponse>");
  }

  private String jwks() {
    var key = new LinkedHashMap<String, Object>(Jwk.publicMembers(keys.getPublic()));
    key.put("kid", KEY_ID);
    key.put("use", "sig");
    key.put("alg", "RS256");
    return Json.write(Map.of("keys", List.of(key)));
  }

  @Override
  public void close() {
    http.close();
  }
}
