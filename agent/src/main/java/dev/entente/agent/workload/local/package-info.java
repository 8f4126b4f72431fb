/// Speaks to daemons of the same machine: a container engine, the kubelet, the system bus.
///
/// Whatever they answer is bounded in size and in time ([TimeLimit]), because a daemon that hangs
/// must not hang the agent. Everything here blocks, heeds an interrupt, and belongs to one thread.
@NullMarked
package dev.entente.agent.workload.local;

import org.jspecify.annotations.NullMarked;
