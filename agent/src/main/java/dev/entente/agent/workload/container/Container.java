package dev.entente.agent.workload.container;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// The container a process says it runs in, by its cgroups. Whether that is true is for the engine
/// or the kubelet to confirm.
///
/// @param name what the cgroups say
/// @param cgroups the groups of the process in every hierarchy
/// @param maker a user, neither root nor the agent's, who may have made the group and so chosen its
///   name; empty if none is known
record Container(PlaceName name, List<Cgroup> cgroups, OptionalLong maker) {
  private static final Pattern USER_SLICE = Pattern.compile("/user-([0-9]{1,10})\\.slice/");

  Container {
    cgroups = List.copyOf(cgroups);
  }

  String id() {
    return name.containerId();
  }

  /// Its Podman group, if Podman runs it.
  Optional<Cgroup> podman() {
    return cgroups.stream().filter(Cgroup::isPodman).findFirst();
  }

  /// The user below whose slice a group lies: whoever else it names, that user could make it.
  static OptionalLong sliceUser(String path) {
    var slice = USER_SLICE.matcher(path);
    return slice.find() ? OptionalLong.of(Long.parseLong(slice.group(1))) : OptionalLong.empty();
  }
}
