/// The nouns everyone uses, parsed, checked and verified: ids, SVIDs, bundles, keys.
///
/// Two ideas carry it. A value is correct because it exists: text and bytes of others become a type
/// once, strictly, and whatever is not in the one expected form is refused. And each thing is read
/// once: the same reading of a certificate or a token feeds the rules and the identity, so nobody
/// is judged by one parser and believed by another.
///
/// Everything here is pure: no I/O, no clock, no log, any thread.
@NullMarked
package dev.entente.spiffe;

import org.jspecify.annotations.NullMarked;
