/// What local processes and the operator of this machine can ask the agent.
///
/// [WorkloadApiEndpoint] is the SPIFFE Workload API, and Envoy's Secret Discovery Service beside
/// it, on a socket open to every process: who calls is found out, never asked. [AdminEndpoint] is
/// for the operator, and for the delegates the operator named, on a socket of its own with file
/// permissions as its guard. Both translate only: identities are the cache's business, attestation
/// is the workload room's, and protobuf stops here.
@NullMarked
package dev.entente.agent.endpoint;

import org.jspecify.annotations.NullMarked;
