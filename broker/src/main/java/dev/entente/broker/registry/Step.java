package dev.entente.broker.registry;

import dev.entente.broker.registry.PushMessage.EntryNotice;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import java.util.List;

/// The way from one view to the next, as far as others must hear of it.
///
/// @param moves which entries moved below which parents; what was taken away comes before what came
/// @param reshaped whether agents may reach other parents than before
/// @param bundles that are new or changed; a bundle that went is not among them
record Step(
    Snapshot next,
    List<Move> moves,
    boolean reshaped,
    List<SpiffeBundle> bundles,
    boolean bundlesChanged,
    boolean relationshipsChanged) {

  /// An entry that came below a parent, changed there, or went.
  record Move(SpiffeId parent, EntryNotice notice) {}
}
