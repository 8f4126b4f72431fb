/// Turns the process at the other end of a connection into selectors.
///
/// The kernel names the process when it connects; [WorkloadAttestation] asks every configured
/// attestor about it, within a time limit, and makes sure before and after that the answer is about
/// that process and not about a later owner of its number. [CallerSession] does this for one
/// connection: several calls share one attestation, and a later push re-attests only a process that
/// has become another program. A process that changed its user or group after it connected, by
/// running a set-uid program or by giving up its rights, has to connect again.
///
/// Two limits are known. A process that passes its connected descriptor on passes its identity on
/// until the next change is pushed, and on kernels without pidfds on sockets (before 6.5) a number
/// that is reused within the same clock tick cannot be told apart.
@NullMarked
package dev.entente.agent.workload;

import org.jspecify.annotations.NullMarked;
