/// Proves this node to a broker, stays proved, and keeps what the node may issue current.
///
/// Three flows run here, each on one context and each a short list of steps: one attests and renews
/// the node's own SVID, one keeps the authorised entries and the bundles current by push and by
/// reconciliation, and one has SVIDs signed. The rest of the agent sees one interface,
/// [IdentitySource], and immutable snapshots.
///
/// A broker that cannot be reached never takes anything away: entries, bundles and the node's own
/// SVID stay until a broker says otherwise or they expire.
@NullMarked
package dev.entente.agent.node;

import org.jspecify.annotations.NullMarked;
