package dev.entente.broker.authority;

import java.util.Optional;

/// The authorities of one kind on this member.
///
/// @param active the one that signs; without it nothing of this kind is issued
/// @param prepared the next, in the bundle already
/// @param old the last, in the bundle still
public record AuthorityState(
    Optional<AuthorityView> active,
    Optional<AuthorityView> prepared,
    Optional<AuthorityView> old) {}
