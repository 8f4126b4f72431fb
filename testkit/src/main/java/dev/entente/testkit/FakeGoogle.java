package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// Google's part in proving an instance: the metadata server that hands out its token, the key that
/// signs it, the list of keys that verifies it, and the Compute API, which knows the instance.
public final class FakeGoogle implements AutoCloseable {
  /// The id of the signing key.
  public static final String KEY_ID = "5d3f1a";

  /// The name of the instance.
  public static final String INSTANCE_NAME = "node-1";

  /// What the Compute API wants to see.
  private static final String ACCESS_TOKEN = "token-for-compute";

  private static final String INSTANCE_PATH =
      "/compute/v1/projects/prod-1/zones/us-west1-b/instances/" + INSTANCE_NAME;
  private static final String JSON = "application/json";
  private static final String FLAVOR = "Metadata-Flavor";
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final KeyPair keys = TestRsaKeys.next();
  private final Supplier<Instant> clock;
  private final AtomicReference<Map<String, Object>> instance = new AtomicReference<>(vm("12345"));
  private final AtomicReference<String> keyAnswer = new AtomicReference<>("");
  private final AtomicInteger keyFetches = new AtomicInteger();
  private final AtomicReference<Map<String, Object>> compute =
      new AtomicReference<>(computed("12345", "RUNNING"));
  private final AtomicReference<Optional<Failure>> failure =
      new AtomicReference<>(Optional.empty());
  private final FakeHttp http = new FakeHttp(this::answer);

  /// How the Compute API fails.
  ///
  /// @param status 0: does not answer until it is over
  private record Failure(int status, String body, CountDownLatch over) {}

  public FakeGoogle(Supplier<Instant> clock) {
    this.clock = clock;
  }

  /// `host:port` of the metadata server.
  public String metadataHost() {
    return http.address().getAuthority();
  }

  /// Where the keys are.
  public URI keysUrl() {
    return http.address().resolve("/oauth2/v3/certs");
  }

  /// The address of the Compute API.
  public URI endpoint() {
    return http.address();
  }

  /// The file with the key of a service account that may ask the Compute API.
  public String serviceAccount() {
    var key =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    return Json.write(
        Map.of(
            "type", "service_account",
            "project_id", "prod-1",
            "private_key_id", KEY_ID,
            "private_key", key,
            "client_id", "1",
            "client_email", "broker@prod-1.iam.gserviceaccount.com",
            "token_uri", http.address().resolve("/token").toString()));
  }

  /// From now on the Compute API shows another instance under the name, or another state of it.
  public void compute(String instanceId, String status) {
    compute.set(computed(instanceId, status));
  }

  /// From now on the Compute API answers this.
  public void failWith(int status, String body) {
    failure.set(Optional.of(new Failure(status, body, new CountDownLatch(1))));
  }

  /// From now on the Compute API does not answer.
  public void hang() {
    failWith(0, "");
  }

  /// The Compute API answers again.
  public void recover() {
    failure.getAndSet(Optional.empty()).ifPresent(broken -> broken.over().countDown());
  }

  private static Map<String, Object> computed(String instanceId, String status) {
    return Map.of(
        "kind",
        "compute#instance",
        "id",
        instanceId,
        "name",
        INSTANCE_NAME,
        "status",
        status,
        "labels",
        Map.of("team", "web", "cost", "7"),
        "tags",
        Map.of("items", List.of("https-server"), "fingerprint", "x"),
        "metadata",
        Map.of(
            "items",
            List.of(
                Map.of("key", "role", "value", "front"),
                Map.of("key", "startup-script", "value", "x".repeat(200)))),
        "serviceAccounts",
        List.of(Map.of("email", "node@prod-1.iam.gserviceaccount.com")));
  }

  /// The signing key.
  public KeyPair keys() {
    return keys;
  }

  /// How often the keys were asked for.
  public int keyFetches() {
    return keyFetches.get();
  }

  /// From now on, answers a request for the keys with this; an empty text: with the keys.
  public void answerKeysWith(String body) {
    keyAnswer.set(body);
  }

  /// Makes the metadata server that of another instance, by its number.
  public void become(String instanceId) {
    instance.set(vm(instanceId));
  }

  /// The claim `google.compute_engine` of an instance.
  public static Map<String, Object> vm(String instanceId) {
    var engine = new LinkedHashMap<String, Object>();
    engine.put("project_id", "prod-1");
    engine.put("project_number", 739419398126L);
    engine.put("zone", "us-west1-b");
    engine.put("instance_id", instanceId);
    engine.put("instance_name", "node-1");
    engine.put("instance_creation_timestamp", 1_790_000_000L);
    engine.put("license_id", List.of());
    return engine;
  }

  /// The claims of a token made now, for an instance and an audience.
  public static Map<String, Object> claims(
      Instant now, Map<String, Object> computeEngine, String audience) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aud", audience);
    claims.put("azp", "104029292853099978293");
    claims.put("email", "node@prod-1.iam.gserviceaccount.com");
    claims.put("email_verified", true);
    claims.put("exp", now.getEpochSecond() + 3600);
    claims.put("google", Map.of("compute_engine", computeEngine));
    claims.put("iat", now.getEpochSecond());
    claims.put("iss", "https://accounts.google.com");
    claims.put("sub", "104029292853099978293");
    return claims;
  }

  /// Signs a token with RS256.
  public static String sign(Map<String, Object> claims, String keyId, KeyPair with) {
    var header = new LinkedHashMap<String, Object>();
    header.put("alg", "RS256");
    header.put("kid", keyId);
    header.put("typ", "JWT");
    return sign(header, claims, with);
  }

  static String sign(Map<String, Object> header, Map<String, Object> claims, KeyPair with) {
    var signed = part(Json.write(header)) + "." + part(Json.write(claims));
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(with.getPrivate());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + BASE64URL.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A part of a token.
  public static String part(String json) {
    return BASE64URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    if (path.equals("/oauth2/v3/certs")) {
      keyFetches.incrementAndGet();
      var other = keyAnswer.get();
      FakeHttp.send(exchange, 200, JSON, other.isEmpty() ? jwks() : other);
      return;
    }
    if (path.equals("/token")) {
      FakeHttp.send(
          exchange,
          200,
          JSON,
          Json.write(
              Map.of("access_token", ACCESS_TOKEN, "expires_in", 3600, "token_type", "Bearer")));
      return;
    }
    if (path.startsWith("/compute/")) {
      compute(exchange, path);
      return;
    }
    // The real server says who it is in every answer, and talks to nobody who does not say it
    // first.
    exchange.getResponseHeaders().set(FLAVOR, "Google");
    if (!FakeHttp.header(exchange, FLAVOR).equals("Google")) {
      FakeHttp.send(exchange, 403, "text/html", "Missing Metadata-Flavor:Google header.");
    } else if (path.equals("/computeMetadata/v1/instance/service-accounts/default/identity")) {
      identity(exchange);
    } else {
      FakeHttp.send(exchange, 404, "text/html", "not found");
    }
  }

  private void compute(HttpExchange exchange, String path) throws IOException {
    var broken = failure.get();
    if (broken.isPresent()) {
      fail(exchange, broken.get());
    } else if (!FakeHttp.header(exchange, "Authorization").equals("Bearer " + ACCESS_TOKEN)) {
      FakeHttp.send(exchange, 401, JSON, "{\"error\":{\"code\":401,\"message\":\"who?\"}}");
    } else if (path.equals(INSTANCE_PATH)) {
      FakeHttp.send(exchange, 200, JSON, Json.write(compute.get()));
    } else {
      FakeHttp.send(exchange, 404, JSON, "{\"error\":{\"code\":404,\"message\":\"not found\"}}");
    }
  }

  private static void fail(HttpExchange exchange, Failure broken) throws IOException {
    if (broken.status() > 0) {
      FakeHttp.send(exchange, broken.status(), JSON, broken.body());
      return;
    }
    try {
      broken.over().await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void identity(HttpExchange exchange) throws IOException {
    var query = FakeHttp.parameters(exchange);
    var audience = query.getOrDefault("audience", "");
    if (audience.isEmpty()) {
      FakeHttp.send(exchange, 400, "text/html", "non-empty audience parameter required");
      return;
    }
    var claims = claims(clock.get(), instance.get(), audience);
    if (!"full".equals(query.get("format"))) {
      claims.remove("google");
    }
    FakeHttp.send(exchange, 200, "text/html", sign(claims, KEY_ID, keys));
  }

  private String jwks() {
    var key = new LinkedHashMap<String, Object>(Jwk.publicMembers(keys.getPublic()));
    key.put("kid", KEY_ID);
    key.put("use", "sig");
    key.put("alg", "RS256");
    var all = new ArrayList<Object>();
    all.add(key);
    all.add(Map.of("kid", "other", "kty", "OKP", "crv", "Ed25519", "x", "AA"));
    return Json.write(Map.of("keys", all));
  }

  @Override
  public void close() {
    recover();
    http.close();
  }
}
