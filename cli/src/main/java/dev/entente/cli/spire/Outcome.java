package dev.entente.cli.spire;

/// What became of one setting of a file. The value is never shown: it may be a secret.
///
/// @param key where it stands in SPIRE's file
/// @param line on which line
/// @param ours our key; empty if there is none
/// @param note what changed, or why it is not carried and what to do; empty if nothing is to be
///   said
public record Outcome(String key, int line, Fate fate, String ours, String note) {}
