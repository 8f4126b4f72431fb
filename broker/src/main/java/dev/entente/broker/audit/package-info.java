/// What was asked, decided and signed, in a form that shows when it was changed.
///
/// Each member keeps one chain of segments under its data directory. A line carries the digest of
/// the line before it; each segment starts, and every few seconds continues, with a line signed by
/// the member's audit key. Whoever rewrites a line has to rewrite all later ones and cannot sign
/// them. Limit: what was written after the newest signed line, or after the newest head that
/// someone else remembers, can be cut off unseen.
@NullMarked
package dev.entente.broker.audit;

import org.jspecify.annotations.NullMarked;
