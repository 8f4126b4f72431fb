/// Keeps every SVID that local workloads may ask for signed, fresh and ready.
///
/// [SvidCache] is the door. It owns all state and runs on one event loop; what it decides by is
/// pure and stands apart: which entries a workload has ([EntryIndex]), which of them keeps a hint
/// ([HintRule]), when something is renewed ([RotationRule]). Workloads with the same selectors form
/// a group, and what a group is told is put together once however many streams it has.
///
/// [StoredSvids] does the same for entries whose SVIDs no workload asks for, and hands them to a
/// store.
///
/// Private keys live here, in memory only, and leave only towards the workload or the store they
/// belong to.
@NullMarked
package dev.entente.agent.svidcache;

import org.jspecify.annotations.NullMarked;
