/// Asks Kubernetes: the kubelet of a node about its pods, the API server of a cluster about
/// everything else.
///
/// Everything here blocks, is bounded in size and time, and reads tokens, keys and certificates
/// anew from time to time, because Kubernetes replaces them.
@NullMarked
package dev.entente.runtime.kube;

import org.jspecify.annotations.NullMarked;
