/// Tells processes apart by the systemd unit they run in.
///
/// systemd is asked over the system bus, with the few parts of the D-Bus protocol that three fixed
/// questions need (docs/adr/0015-own-bus-wire.md).
@NullMarked
package dev.entente.agent.workload.systemd;

import org.jspecify.annotations.NullMarked;
