/// Signing keys, what they sign, and how one takes over from another.
///
/// Two ideas carry this package. First, an SVID is *prepared* (every rule passed, serial and
/// lifetime fixed, nothing signed) and then *issued*, at most once, by the authority that prepared
/// it; between the two the caller records what is about to be signed. Second, an authority signs
/// only after its public half was in the bundle for long enough that every verifier can have it,
/// and leaves the bundle only after the last thing it signed has expired.
///
/// Private keys stay in the [dev.entente.broker.authority.KeyManager] that made them; nothing here
/// logs, stores or sends one.
@NullMarked
package dev.entente.broker.authority;

import org.jspecify.annotations.NullMarked;
