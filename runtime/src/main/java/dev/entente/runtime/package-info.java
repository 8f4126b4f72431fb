/// What both daemons need in order to run, and nothing of what they do: configuration files
/// ([ConfigFile]), logs ([Logs]), files that survive a power cut ([DurableFiles]), health and
/// figures ([OpsServer], [Metrics]), signals and orderly stops ([Daemon]), how a start that failed
/// is told ([DaemonFailure]), and what keeps strangers from taking all there is ([ConnectionGate],
/// [BoundedPool], [BoundedFiles]). [Precedence] lets who answers go before who computes in bulk,
/// and [CLibrary] is the one way to functions of the C library. Below it, `blocking` asks services
/// that somebody has to wait for, and `kube` asks Kubernetes.
///
/// Nothing here knows a SPIFFE noun; a start that pays for none of it pays nothing: Logback,
/// Micrometer and the YAML reader load when first used.
@NullMarked
package dev.entente.runtime;

import org.jspecify.annotations.NullMarked;
