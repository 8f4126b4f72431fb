package dev.entente.attestors.host;

import dev.entente.attestor.spi.Members;
import dev.entente.spiffe.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What an API server says, as far as it counts. Members it does not send are empty.
final class KubernetesObjects {
  private static final String EXTRA = "authentication.kubernetes.io/";

  private KubernetesObjects() {}

  /// What it thinks of a token.
  ///
  /// @param error why it is not good, in its words
  /// @param audiences those asked about that the token is for
  /// @param extra what the token is bound to, by names without their common prefix
  record Review(
      boolean authenticated,
      String error,
      List<String> audiences,
      String username,
      Map<String, String> extra) {
    Review {
      extra = Map.copyOf(extra);
    }

    /// What the token is bound to; empty if the API server does not say.
    String bound(String name) {
      return extra.getOrDefault(name, "");
    }
  }

  record Pod(
      String uid,
      String account,
      String nodeName,
      String hostIp,
      String phase,
      Map<String, String> labels) {
    Pod {
      labels = Map.copyOf(labels);
    }
  }

  record Node(String uid, Map<String, String> labels) {
    Node {
      labels = Map.copyOf(labels);
    }
  }

  /// @throws IllegalArgumentException if it is no answered TokenReview
  static Review review(byte[] json) {
    var status = Members.object(object(json, "TokenReview"), "status");
    var user = Members.object(status, "user");
    if (status.isEmpty()) {
      throw new IllegalArgumentException("TokenReview without a status");
    }
    return new Review(
        Boolean.TRUE.equals(status.get("authenticated")),
        Members.text(status, "error"),
        Members.texts(status, "audiences"),
        Members.text(user, "username"),
        extra(Members.object(user, "extra")));
  }

  private static Map<String, String> extra(Map<?, ?> all) {
    var extra = new HashMap<String, String>();
    for (var name : List.of("pod-name", "pod-uid", "node-name", "node-uid", "credential-id")) {
      Members.onlyText(all, EXTRA + name).ifPresent(value -> extra.put(name, value));
    }
    return extra;
  }

  /// @throws IllegalArgumentException if it is no Pod
  static Pod pod(byte[] json) {
    var pod = object(json, "Pod");
    var metadata = Members.object(pod, "metadata");
    var spec = Members.object(pod, "spec");
    var status = Members.object(pod, "status");
    return new Pod(
        Members.text(metadata, "uid"),
        Members.text(spec, "serviceAccountName"),
        Members.text(spec, "nodeName"),
        Members.text(status, "hostIP"),
        Members.text(status, "phase"),
        labels(metadata));
  }

  /// @throws IllegalArgumentException if it is no Node
  static Node node(byte[] json) {
    var metadata = Members.object(object(json, "Node"), "metadata");
    return new Node(Members.text(metadata, "uid"), labels(metadata));
  }

  /// Whether the API server says that there is no such object; false for anything else, which may
  /// be no JSON at all.
  static boolean isNotFound(byte[] body) {
    try {
      return "NotFound".equals(Members.text(object(body, "Status"), "reason"));
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static Map<String, String> labels(Map<?, ?> metadata) {
    var labels = new HashMap<String, String>();
    Members.object(metadata, "labels")
        .forEach((key, value) -> {
          if (key instanceof String name && value instanceof String text) {
            labels.put(name, text);
          }
        });
    return labels;
  }

  private static Map<String, Object> object(byte[] json, String kind) {
    var object = Json.parseObject(json);
    if (!kind.equals(object.get("kind"))) {
      throw new IllegalArgumentException("not a " + kind);
    }
    return object;
  }
}
