package dev.entente.cli.spire;

/// One row of a table: a key of SPIRE's and what becomes of it.
///
/// @param how the name of the [Rule] that carries the value; `-` for none
/// @param ours our key, with `*` where the key has one; empty if there is none
/// @param note what changed, or why it is not carried and what to do
record Row(KeyPattern key, Fate fate, String how, String ours, String note) {
  static final String NO_RULE = "-";

  Outcome outcome(Setting setting) {
    return new Outcome(setting.key(), setting.line(), fate, ours, note);
  }
}
