package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
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

  /// Reads a path: from its end to its beginning the first container id, and from there on the pod.
  /// Both may stand in the same segment. Empty if there is no container id.
  ///
  /// @throws AttestationFault if another pod stands before that one: whoever may make groups below
  ///   its own can name them after any pod
  static Optional<PlaceName> read(String path) throws AttestationFault {
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

  private static Optional<String> pod(String path) throws AttestationFault {
    Optional<String> found = Optional.empty();
    // Nothing is left of the segment if the container id began it.
    int end = path.endsWith("/") ? path.length() - 1 : path.length();
    while (end > 0) {
      int slash = path.lastIndexOf('/', end - 1);
      var segment = path.substring(slash + 1, end);
      if (segment.isEmpty()) {
        return found;
      }
      var uid = POD_UID.matcher(segment);
      while (uid.find()) {
        var pod = Optional.of(uid.group(1).replace('_', '-'));
        if (found.isPresent() && !found.equals(pod)) {
          throw new AttestationFault(
              "a cgroup of the process names two pods, one in the other: \"%s\" and \"%s\""
                  .formatted(pod.get(), found.get()));
        }
        found = pod;
      }
      end = Math.max(slash, 0);
    }
    return found;
  }

  PlaceName withoutPod() {
    return new PlaceName(Optional.empty(), containerId, home);
  }
}
