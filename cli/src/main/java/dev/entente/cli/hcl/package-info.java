/// Reads HCL 1, the language of SPIRE's configuration files, and its JSON form.
///
/// Only what a file says is read: no variable, function or include is ever evaluated, because the
/// file may come from somebody else. Size, depth and number of values are bounded. Why the parser
/// is our own: docs/adr/0013-own-hcl-parser.md.
@NullMarked
package dev.entente.cli.hcl;

import org.jspecify.annotations.NullMarked;
