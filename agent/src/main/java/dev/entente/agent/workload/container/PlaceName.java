package dev.entente.agent.workload.container;

import java.util.Optional;
import java.util.regex.Pattern;

/// What the path of a cgroup says about pod and container, as runtimes name their groups by
/// convention.
///
/// @param podUid the pod, in Kubernetes' notation with dashes
/// @param containerId 64 hexadecimal digits
/// @param home the path up to and including the segment with the container id: the group that the
///   runtime made for this container
record PlaceName(Optional<String> podUid, String containerId, String home) {
  private static final Pattern CONTAINER_ID = Pattern.compile("\\b(\\p{XDigit}{64})\\b");

  /// systemd allows no dashes within a name, so its driver writes underscores.
  private static final Pattern POD_UID =
      Pattern.compile(
          "\\bpod(\\p{XDigit}{8}[-_]\\p{XDigit}{4}[-_]\\p{XDigit}{4}[-_]\\p{XDigit}{4}"
              + "[-_]\\p{XDigit}{12})\\b");

  /// Reads a path: from its end to its beginning the first container id, and from there on the
  /// first pod. Both may stand in the same segment. Empty if there is no container id.
  static Optional<PlaceName> read(String path) {
    int end = path.length();
    while (end > 0) {
      int slash = path.lastIndexOf('/', end - 1);
      var segment = path.substring(slash + 1, end);
      if (segment.isEmpty()) {
        return Optional.empty();
      }
      var id = CONTAINER_ID.matcher(segment);
      if (id.find()) {
        var before = path.substring(0, slash + 1 + id.start());
        return Optional.of(new PlaceName(pod(before), id.group(1), path.substring(0, end)));
      }
      end = Math.max(slash, 0);
    }
    return Optional.empty();
  }

  private static Optional<String> pod(String path) {
    // Nothing is left of the segment if the container id began it.
    int end = path.endsWith("/") ? path.length() - 1 : path.length();
    while (end > 0) {
      int slash = path.lastIndexOf('/', end - 1);
      var segment = path.substring(slash + 1, end);
      if (segment.isEmpty()) {
        return Optional.empty();
      }
      var uid = POD_UID.matcher(segment);
      if (uid.find()) {
        return Optional.of(uid.group(1).replace('_', '-'));
      }
      end = Math.max(slash, 0);
    }
    return Optional.empty();
  }

  PlaceName withoutPod() {
    return new PlaceName(Optional.empty(), containerId, home);
  }
}
