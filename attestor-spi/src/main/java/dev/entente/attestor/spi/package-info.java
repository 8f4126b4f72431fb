/// What a platform implements to prove a node or a workload.
///
/// A node proves itself in two halves: on the node an [EvidenceSource] collects what the platform
/// offers and answers challenges; on the broker a [NodeAttestor] decides what that evidence proves.
/// A workload is proved on its own node by a [WorkloadAttestor]; an SVID that no workload fetches
/// is kept for it in an [SvidStore]. Implementations are found through [java.util.ServiceLoader] by
/// their provider interfaces and are imported by nobody.
///
/// Methods here may block (a cloud SDK, a file, a subprocess): callers keep them off event loops.
@NullMarked
package dev.entente.attestor.spi;

import org.jspecify.annotations.NullMarked;
