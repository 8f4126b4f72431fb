/// Ids, SVIDs, bundles and their verification; pure, no I/O.
@NullMarked
package dev.entente.spiffe;

import org.jspecify.annotations.NullMarked;
