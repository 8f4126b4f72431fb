package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Turns;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.kube.KubeClient;
import dev.entente.runtime.kube.KubeTarget;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Asks the API server of one cluster. Blocks; any thread may call.
///
/// Where it is and who we are to it is looked up again each minute, so that a kubeconfig can be
/// replaced under a running broker.
final class ClusterApi {
  /// Answers take milliseconds, seconds when the API server restarts.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  private static final Duration RELOAD = Duration.ofMinutes(1);

  /// What etcd stores of an object at most, and a little more.
  private static final int OBJECT_MAX_BYTES = 2 * 1024 * 1024;

  private final String cluster;
  private final Supplier<KubeTarget> targets;
  private final Duration limit;
  private final Turns turns;

  // Guarded by this object.
  private Optional<Known> known = Optional.empty();

  private record Known(KubeTarget target, KubeClient client, long atNanos) {}

  /// @param cluster its name, for messages
  /// @param targets where it is now, or throws IllegalArgumentException
  ClusterApi(String cluster, Supplier<KubeTarget> targets) {
    this(cluster, targets, TIME_LIMIT);
  }

  ClusterApi(String cluster, Supplier<KubeTarget> targets, Duration limit) {
    this.cluster = cluster;
    this.targets = targets;
    this.limit = limit;
    this.turns = new Turns("the API server of cluster \"" + cluster + "\"");
  }

  /// Has a token reviewed.
  ///
  /// @throws AttestationFault if there is no answer that makes sense
  KubernetesObjects.Review review(String token, List<String> audiences)
      throws AttestationFault, InterruptedException {
    var spec = new LinkedHashMap<String, Object>();
    spec.put("audiences", audiences);
    spec.put("token", token);
    var review = new LinkedHashMap<String, Object>();
    review.put("apiVersion", "authentication.k8s.io/v1");
    review.put("kind", "TokenReview");
    review.put("spec", spec);
    byte[] json = Json.write(review).getBytes(StandardCharsets.UTF_8);
    return ask((client, limit) ->
        client.create(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            json,
            limit,
            reader(KubernetesObjects::review)));
  }

  /// The pod; empty if there is none of that name.
  ///
  /// @param namespace a name, checked
  /// @param name a name, checked
  Optional<KubernetesObjects.Pod> pod(String namespace, String name)
      throws AttestationFault, InterruptedException {
    var path = "/api/v1/namespaces/" + namespace + "/pods/" + name;
    return find(path, KubernetesObjects::pod);
  }

  /// The node; empty if there is none of that name.
  ///
  /// @param name a name, checked
  Optional<KubernetesObjects.Node> node(String name) throws AttestationFault, InterruptedException {
    var path = "/api/v1/nodes/" + name;
    return find(path, KubernetesObjects::node);
  }

  private <T> Optional<T> find(String path, Function<byte[], T> parser)
      throws AttestationFault, InterruptedException {
    return ask((client, limit) ->
        client.find(path, limit, reader(parser), reader(KubernetesObjects::isNotFound)));
  }

  private interface Question<T> {
    T ask(KubeClient client, TimeLimit limit) throws AttestationFault, InterruptedException;
  }

  private <T> T ask(Question<T> question) throws AttestationFault, InterruptedException {
    try {
      return turns.take(
          "cluster \"" + cluster + "\" not asked",
          () -> {
            try {
              return question.ask(client(), TimeLimit.within(limit));
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new AttestationFault("interrupted", e);
            }
          });
    } catch (AttestationFault e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(e.getMessage());
      }
      throw e;
    }
  }

  private static <T> KubeClient.Reader<T> reader(Function<byte[], T> parser) {
    return body -> parser.apply(bounded(body));
  }

  private static byte[] bounded(InputStream body) throws IOException {
    byte[] bytes = body.readNBytes(OBJECT_MAX_BYTES + 1);
    if (bytes.length > OBJECT_MAX_BYTES) {
      throw new IOException("an answer of over " + OBJECT_MAX_BYTES + " bytes");
    }
    return bytes;
  }

  private synchronized KubeClient client() throws AttestationFault {
    long now = System.nanoTime();
    if (known.isPresent() && now - known.get().atNanos() < RELOAD.toNanos()) {
      return known.get().client();
    }
    try {
      var target = targets.get();
      var client =
          known
              .filter(it -> it.target().equals(target))
              .map(Known::client)
              .orElseGet(() -> new KubeClient("API server", target, RELOAD));
      known = Optional.of(new Known(target, client, now));
      return client;
    } catch (IllegalArgumentException e) {
      throw new AttestationFault("cluster \"" + cluster + "\" not asked: " + e.getMessage(), e);
    }
  }
}
