/// Who may be what: registration entries, the rules they obey, and how selectors match.
///
/// Everything here is pure. An entry says that a workload with these selectors, below this parent,
/// may have this SPIFFE ID; [EntryRules] refuses at the door what could not be signed later,
/// because one such entry silences every workload that matches it.
@NullMarked
package dev.entente.broker.registration;

import org.jspecify.annotations.NullMarked;
