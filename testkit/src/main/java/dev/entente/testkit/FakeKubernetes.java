package dev.entente.testkit;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.attestor.spi.Members;
import dev.entente.spiffe.CompactJws;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The API server of a cluster with one node and one pod on it: it makes the tokens of the pod's
/// service account, reviews them, and shows pod and node to whoever has the broker's token.
///
/// What it shows can be changed by [#become]; what it says of a token that is good, by
/// [#changeReviews].
public final class FakeKubernetes implements AutoCloseable {
  /// With which the broker may ask.
  public static final String BROKER_TOKEN = "broker-token";

  public static final String NAMESPACE = "spire";
  public static final String ACCOUNT = "spire-agent";
  public static final String POD = "spire-agent-x7k2p";
  public static final String POD_UID = "56857f33-36a9-4e9f-860c-080027b25557";
  public static final String NODE = "node-1";
  public static final String NODE_UID = "ca29bd95-36a8-41e9-b8af-080027b25557";

  private static final String EXTRA = "authentication.kubernetes.io/";

  private final KeyPair keys = TestRsaKeys.next();
  private final Path kubeconfig;
  private final Supplier<Instant> clock;
  private final AtomicReference<Objects> objects =
      new AtomicReference<>(new Objects(newPod(), newNode()));
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final FakeHttp http;
  private volatile Consumer<Map<String, Object>> change = _ -> {};
  private final AtomicReference<Optional<Hang>> hang = new AtomicReference<>(Optional.empty());
  private volatile int failure;

  private record Objects(Map<String, Object> pod, Map<String, Object> node) {}

  /// @param path part of the paths that are not answered
  private record Hang(String path, CountDownLatch over) {}

  /// @param directory for its files
  public FakeKubernetes(Path directory, Supplier<Instant> clock) {
    this.clock = clock;
    try {
      var pki = new KubePki(directory);
      http = new FakeHttp(this::answer, Optional.of(pki.server("localhost")));
      kubeconfig = writeKubeconfig(directory, Files.readString(pki.authorityFile()));
    } catch (Exception e) {
      throw new IllegalStateException("no cluster", e);
    }
  }

  private Path writeKubeconfig(Path directory, String authority) throws IOException {
    var data = Base64.getEncoder().encodeToString(authority.getBytes(StandardCharsets.UTF_8));
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        clusters:
        - name: fake
          cluster:
            certificate-authority-data: %s
            server: https://localhost:%d
        users:
        - name: broker
          user:
            token: %s
        contexts:
        - name: broker@fake
          context: {cluster: fake, user: broker}
        current-context: broker@fake
        """
            .formatted(data, http.port(), BROKER_TOKEN));
  }

  /// A kubeconfig with the broker's token.
  public Path kubeconfig() {
    return kubeconfig;
  }

  /// The key that signs tokens of service accounts.
  public KeyPair keys() {
    return keys;
  }

  /// Shows this pod and this node from now on, as `kubectl get -o json` does.
  public void become(Map<String, Object> pod, Map<String, Object> node) {
    objects.set(new Objects(pod, node));
  }

  /// Changes the status of every review of a good token from now on.
  public void changeReviews(Consumer<Map<String, Object>> newChange) {
    change = newChange;
  }

  /// Answers everything with this status from now on; 0 for what is right.
  public void failWith(int status) {
    failure = status;
  }

  /// Answers nothing any more.
  public void hang() {
    hang("");
  }

  /// Answers nothing any more to a request in whose path this stands.
  public void hang(String path) {
    hang.set(Optional.of(new Hang(path, new CountDownLatch(1))));
  }

  /// Answers again.
  public void recover() {
    hang.getAndSet(Optional.empty()).ifPresent(it -> it.over().countDown());
  }

  /// Method and path of each request.
  public List<String> asked() {
    return List.copyOf(asked);
  }

  /// The claims of a token that is projected into the pod.
  public static Map<String, Object> claims(Instant now, String audience) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aud", List.of(audience));
    claims.put("exp", now.getEpochSecond() + 7200);
    claims.put("iat", now.getEpochSecond());
    claims.put("iss", "https://kubernetes.default.svc.cluster.local");
    claims.put("jti", "0b1d1e7e-2b0b-4f0e-8a3d-7c1d3d1f2a10");
    claims.put(
        "kubernetes.io",
        Map.of(
            "namespace",
            NAMESPACE,
            "node",
            Map.of("name", NODE, "uid", NODE_UID),
            "pod",
            Map.of("name", POD, "uid", POD_UID),
            "serviceaccount",
            Map.of("name", ACCOUNT, "uid", "8d1f2a3b-1c2d-4e5f-8a9b-0c1d2e3f4a5b")));
    claims.put("nbf", now.getEpochSecond());
    claims.put("sub", "system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT);
    return claims;
  }

  /// A token that is projected into the pod now.
  public String token(String audience) {
    return FakeGoogle.sign(claims(clock.get(), audience), "fake", keys);
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var pod = objects.get().pod();
    var node = objects.get().node();
    asked.add(exchange.getRequestMethod() + " " + path);
    byte[] body = exchange.getRequestBody().readAllBytes();
    var hanging = hang.get().filter(it -> path.contains(it.path()));
    if (hanging.isPresent()) {
      waitFor(hanging.get().over());
    } else if (failure != 0) {
      status(exchange, failure, "InternalError");
    } else if (!FakeHttp.header(exchange, "Authorization").equals("Bearer " + BROKER_TOKEN)) {
      status(exchange, 401, "Unauthorized");
    } else if (path.equals("/apis/authentication.k8s.io/v1/tokenreviews")) {
      json(exchange, 201, review(KubeReview.read(body)));
    } else if (path.equals("/api/v1/namespaces/" + NAMESPACE + "/pods/" + name(pod))) {
      json(exchange, 200, pod);
    } else if (path.equals("/api/v1/nodes/" + name(node))) {
      json(exchange, 200, node);
    } else {
      status(exchange, 404, "NotFound");
    }
  }

  private static void waitFor(CountDownLatch over) {
    try {
      over.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Map<String, Object> review(Map<String, Object> request) {
    var spec = Members.object(request, "spec");
    var status = new LinkedHashMap<String, Object>();
    try {
      var wanted = Members.texts(spec, "audiences");
      var claims = verified(Members.text(spec, "token"), wanted);
      status.put("audiences", wanted);
      status.put("authenticated", true);
      status.put("user", user(claims));
      change.accept(status);
    } catch (IllegalArgumentException e) {
      status.put("error", "[invalid bearer token, " + e.getMessage() + "]");
      status.put("user", Map.of());
    }
    var answer = new LinkedHashMap<>(request);
    answer.put("status", status);
    return answer;
  }

  /// Judges a token as the real one does: signature, times, audience, and whether the pod it is
  /// bound to is still there.
  private Map<String, Object> verified(String token, List<String> audiences) {
    var claims =
        CompactJws.parse(token)
            .claimsIfSignedBy(keys.getPublic())
            .orElseThrow(() -> new IllegalArgumentException("failed to verify signature"));
    if (!(claims.get("exp") instanceof Long exp) || exp <= clock.get().getEpochSecond()) {
      throw new IllegalArgumentException("service account token has expired");
    }
    var own = Members.texts(claims, "aud");
    if (!audiences.isEmpty() && Collections.disjoint(own, audiences)) {
      throw new IllegalArgumentException(
          "token audiences %s is invalid for the target audiences %s".formatted(own, audiences));
    }
    var bound = Members.text(Members.object(claims, "kubernetes.io", "pod"), "uid");
    var present = Members.text(Members.object(objects.get().pod(), "metadata"), "uid");
    if (!bound.isEmpty() && !bound.equals(present)) {
      throw new IllegalArgumentException("service account token has been invalidated");
    }
    return claims;
  }

  private static Map<String, Object> user(Map<String, Object> claims) {
    var extra = new LinkedHashMap<String, Object>();
    extra.put(EXTRA + "credential-id", List.of("JTI=" + claims.get("jti")));
    for (var kind : List.of("node", "pod")) {
      var object = Members.object(claims, "kubernetes.io", kind);
      if (!object.isEmpty()) {
        extra.put(EXTRA + kind + "-name", List.of(Members.text(object, "name")));
        extra.put(EXTRA + kind + "-uid", List.of(Members.text(object, "uid")));
      }
    }
    var user = new LinkedHashMap<String, Object>();
    user.put("username", Members.text(claims, "sub"));
    user.put("uid", "8d1f2a3b-1c2d-4e5f-8a9b-0c1d2e3f4a5b");
    user.put("groups", List.of("system:serviceaccounts", "system:authenticated"));
    user.put("extra", extra);
    return user;
  }

  private static void json(HttpExchange exchange, int status, Map<String, Object> body)
      throws IOException {
    FakeHttp.send(exchange, status, "application/json", Json.write(body));
  }

  private static void status(HttpExchange exchange, int code, String reason) throws IOException {
    var status = new LinkedHashMap<String, Object>();
    status.put("kind", "Status");
    status.put("apiVersion", "v1");
    status.put("metadata", Map.of());
    status.put("status", "Failure");
    status.put("message", reason);
    status.put("reason", reason);
    status.put("code", (long) code);
    json(exchange, code, status);
  }

  private static String name(Map<String, Object> object) {
    return String.valueOf(metadata(object).get("name"));
  }

  /// The metadata of a pod or a node, to be changed.
  public static Map<String, Object> metadata(Map<String, Object> object) {
    return part(object, "metadata");
  }

  /// A part of an object, to be changed.
  @SuppressWarnings("unchecked") // made below
  public static Map<String, Object> part(Map<String, Object> object, String name) {
    return (Map<String, Object>) requireNonNull(object.get(name), name);
  }

  /// The agent's pod, to be changed.
  public static Map<String, Object> newPod() {
    var metadata = new LinkedHashMap<String, Object>();
    metadata.put("name", POD);
    metadata.put("generateName", "spire-agent-");
    metadata.put("namespace", NAMESPACE);
    metadata.put("uid", POD_UID);
    metadata.put("resourceVersion", "8127");
    metadata.put("labels", new LinkedHashMap<String, Object>(Map.of("app", "spire-agent")));
    metadata.put(
        "ownerReferences",
        List.of(Map.of("apiVersion", "apps/v1", "kind", "DaemonSet", "name", "spire-agent")));
    var spec = new LinkedHashMap<String, Object>();
    spec.put("containers", List.of(Map.of("name", "agent", "image", "registry.example/agent:1")));
    spec.put("serviceAccountName", ACCOUNT);
    spec.put("serviceAccount", ACCOUNT);
    spec.put("nodeName", NODE);
    spec.put("hostPID", true);
    var status = new LinkedHashMap<String, Object>();
    status.put("phase", "Running");
    status.put("hostIP", "192.0.2.17");
    status.put("podIP", "192.0.2.17");
    status.put("qosClass", "BestEffort");
    return object("Pod", metadata, spec, status);
  }

  /// The pod's node, to be changed.
  public static Map<String, Object> newNode() {
    var metadata = new LinkedHashMap<String, Object>();
    metadata.put("name", NODE);
    metadata.put("uid", NODE_UID);
    metadata.put("resourceVersion", "9001");
    metadata.put(
        "labels",
        new LinkedHashMap<String, Object>(
            Map.of("kubernetes.io/hostname", NODE, "topology.kubernetes.io/zone", "zone-a")));
    return object(
        "Node",
        metadata,
        new LinkedHashMap<>(Map.of("podCIDR", "10.42.0.0/24")),
        new LinkedHashMap<>());
  }

  private static Map<String, Object> object(
      String kind,
      Map<String, Object> metadata,
      Map<String, Object> spec,
      Map<String, Object> status) {
    var object = new LinkedHashMap<String, Object>();
    object.put("kind", kind);
    object.put("apiVersion", "v1");
    object.put("metadata", metadata);
    object.put("spec", spec);
    object.put("status", status);
    return object;
  }

  @Override
  public void close() {
    recover();
    http.close();
  }
}
