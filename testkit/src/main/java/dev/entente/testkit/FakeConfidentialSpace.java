package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// A Confidential Space and Google's verifier: the launcher on its Unix socket, the key that signs
/// attestation tokens, and the list of keys that verifies them.
public final class FakeConfidentialSpace implements AutoCloseable {
  /// The id of the signing key.
  public static final String KEY_ID = "1c67faeab4";

  /// The container's image.
  public static final String IMAGE_DIGEST = "sha256:" + "6a".repeat(32);

  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: ([0-9]{1,6})\r\n");

  private final KeyPair keys = TestRsaKeys.next();
  private final Supplier<Instant> clock;
  private final ServerSocketChannel server;
  private final AtomicReference<String> instead = new AtomicReference<>("");
  private final FakeHttp http = new FakeHttp(this::keys);

  /// A launcher that listens at `socket`, which must not exist.
  public FakeConfidentialSpace(Path socket, Supplier<Instant> clock) {
    this.clock = clock;
    try {
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException("no launcher at " + socket, e);
    }
    Thread.ofVirtual().name("fake-launcher").start(this::accept);
  }

  /// Where the verifier's keys are.
  public URI keysUrl() {
    return http.address().resolve("/signer");
  }

  /// The signing key.
  public KeyPair keys() {
    return keys;
  }

  /// From now on answers with these bytes of HTTP; an empty text: with a token.
  public void answerWith(String bytes) {
    instead.set(bytes);
  }

  /// The claims of a token made now.
  public static Map<String, Object> claims(Instant now, String audience, Object nonces) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aud", audience);
    claims.put("iss", "https://confidentialcomputing.googleapis.com");
    claims.put(
        "sub",
        "https://www.googleapis.com/compute/v1/projects/prod-1/zones/us-west1-b/instances/cs-1");
    claims.put("iat", now.getEpochSecond());
    claims.put("nbf", now.getEpochSecond());
    claims.put("exp", now.getEpochSecond() + 3600);
    claims.put("eat_nonce", nonces);
    claims.put("secboot", true);
    claims.put("oemid", 11129L);
    claims.put("hwmodel", "GCP_AMD_SEV");
    claims.put("swname", "CONFIDENTIAL_SPACE");
    claims.put("swversion", List.of("250800"));
    claims.put("dbgstat", "disabled-since-boot");
    claims.put("submods", submods());
    claims.put("google_service_accounts", List.of("space@prod-1.iam.gserviceaccount.com"));
    return claims;
  }

  /// The claim `submods`, to change.
  public static Map<String, Object> submods() {
    var submods = new LinkedHashMap<String, Object>();
    submods.put("confidential_space", Map.of("support_attributes", List.of("STABLE", "USABLE")));
    submods.put("gce", gce());
    submods.put("container", container());
    return submods;
  }

  /// The claim `submods.gce`, to change.
  public static Map<String, Object> gce() {
    var gce = new LinkedHashMap<String, Object>();
    gce.put("project_id", "prod-1");
    gce.put("project_number", "739419398126");
    gce.put("zone", "us-west1-b");
    gce.put("instance_id", "7333251546816446069");
    gce.put("instance_name", "cs-1");
    return gce;
  }

  /// The claim `submods.container`, to change.
  public static Map<String, Object> container() {
    var container = new LinkedHashMap<String, Object>();
    container.put("image_digest", IMAGE_DIGEST);
    container.put("image_id", "sha256:" + "7b".repeat(32));
    container.put("image_reference", "us-docker.pkg.dev/prod-1/repo/agent@" + IMAGE_DIGEST);
    container.put("restart_policy", "Never");
    container.put("args", List.of("/agent"));
    container.put("env", Map.of("HOSTNAME", "cs-1"));
    return container;
  }

  private void keys(HttpExchange exchange) throws IOException {
    var key = new LinkedHashMap<String, Object>(Jwk.publicMembers(keys.getPublic()));
    key.put("kid", KEY_ID);
    key.put("use", "sig");
    key.put("alg", "RS256");
    FakeHttp.send(exchange, 200, "application/json", Json.write(Map.of("keys", List.of(key))));
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var connection = server.accept();
        Thread.ofVirtual().name("fake-launcher-answer").start(() -> serve(connection));
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      var request = request(connection);
      var other = instead.get();
      var answer = other.isEmpty() ? answer(request) : other;
      var bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        connection.write(bytes);
      }
    } catch (IOException _) {
      // The one who asked went away.
    }
  }

  private static String request(SocketChannel connection) throws IOException {
    var all = new ByteArrayOutputStream();
    var part = ByteBuffer.allocate(1024);
    for (var text = ""; !isWhole(text); text = all.toString(StandardCharsets.UTF_8)) {
      if (connection.read(part.clear()) < 0) {
        throw new IOException("request cut short");
      }
      all.write(part.array(), 0, part.position());
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  private static boolean isWhole(String request) {
    int head = request.indexOf("\r\n\r\n");
    var length = LENGTH.matcher(request);
    return head >= 0
        && length.find()
        && request.length() - head - 4 >= Integer.parseInt(length.group(1));
  }

  /// The launcher answers in the version of HTTP it is asked in; in 1.1 it would send chunks.
  private String answer(String request) {
    if (!request.startsWith("POST /v1/token HTTP/1.0\r\n")) {
      return "HTTP/1.0 404 Not Found\r\n\r\n404 page not found";
    }
    var body = request.substring(request.indexOf("\r\n\r\n") + 4);
    var wish = Json.parseObject(body.getBytes(StandardCharsets.UTF_8));
    if (!"OIDC".equals(wish.get("token_type"))
        || !(wish.get("audience") instanceof String audience)
        || !(wish.get("nonces") instanceof List<?> nonces)) {
      return "HTTP/1.0 400 Bad Request\r\n\r\nuse GET request for the default identity token";
    }
    Object shown = nonces.size() == 1 ? String.valueOf(nonces.getFirst()) : nonces;
    return "HTTP/1.0 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + FakeGoogle.sign(claims(clock.get(), audience, shown), KEY_ID, keys);
  }

  @Override
  public void close() {
    http.close();
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException("fake launcher not closed", e);
    }
  }
}
