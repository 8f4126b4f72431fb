/// Speaks to a service that somebody has to wait for: a container engine, the kubelet, the API
/// server of a cluster, the system bus, a node that has to answer.
///
/// Whatever it answers is bounded in size and in time ([TimeLimit]), because a service that hangs
/// must not hang us. Everything here blocks, heeds an interrupt, and belongs to one thread.
@NullMarked
package dev.entente.runtime.blocking;

import org.jspecify.annotations.NullMarked;
