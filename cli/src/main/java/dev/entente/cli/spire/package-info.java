/// Turns a configuration file of SPIRE into one of ours.
///
/// Every setting of the file meets one row of a table (`broker.tsv`, `agent.tsv`, `common.tsv`),
/// which says what becomes of it; a setting without a row is named as unknown. So nothing is ever
/// dropped in silence, and the table of docs/coming-from-spire.md is the table that works.
@NullMarked
package dev.entente.cli.spire;

import org.jspecify.annotations.NullMarked;
