/// Tells containers apart: which container a process runs in, and what its engine or the kubelet
/// says about that container.
///
/// The process's cgroup names the container ([ContainerFinder]); a daemon that is trusted says what
/// the container is. Whoever may make cgroups may choose their names: a user does so below a slice
/// of its own, a service with a delegated cgroup below that. So the name alone proves nothing, and
/// each attestor checks it against something such a user does not control.
@NullMarked
package dev.entente.agent.workload.container;

import org.jspecify.annotations.NullMarked;
