/// The server above ours: how this broker is one of its downstream authorities.
///
/// Two connections lead there. An agent of the upstream's says on its Workload API who this process
/// is ([dev.entente.broker.upstream.WorkloadIdentity]); with that SVID, whose entry must be
/// `downstream`, the server itself is asked. Messages become values here, and what the values mean
/// is judged in [dev.entente.broker.authority].
@NullMarked
package dev.entente.broker.upstream;

import org.jspecify.annotations.NullMarked;
