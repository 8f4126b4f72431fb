package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// What holds for tokens of every kind: when they are signed at all, for whom, for how long, and
/// that what was prepared is signed once, by the issuer that prepared it.
///
/// Each issuer has an object of its own, by which its tokens know it. Pure but for the clock; any
/// thread may call.
///
/// @param <A> what signs them
final class TokenRules<A extends TokenAuthority> {
  private final Limits limits;
  private final InstantSource clock;
  private final Supplier<Optional<A>> active;
  private final Supplier<Optional<String>> objection;

  /// @param objection why nothing may be signed at the moment of asking, if so
  TokenRules(
      Limits limits,
      InstantSource clock,
      Supplier<Optional<A>> active,
      Supplier<Optional<String>> objection) {
    this.limits = limits;
    this.clock = clock;
    this.active = active;
    this.objection = objection;
  }

  /// What a profile says of its tokens.
  ///
  /// @param kind what its authority is called
  /// @param trustDomain the only domain tokens are issued for
  /// @param ttl lifetime when a request does not say
  /// @param maxTtl longest lifetime that may be asked for, included
  record Limits(String kind, TrustDomain trustDomain, Duration ttl, Duration maxTtl) {}

  /// What is granted: in whose name, by which authority, from when to when.
  record Terms<A extends TokenAuthority>(
      A authority, SpiffeId id, Instant issuedAt, Instant expiresAt) {}

  /// Holds a request to the rules, and to `further`, those of its kind, if it keeps these.
  ///
  /// @param asked zero for the lifetime of the profile
  TokenDecision decide(SpiffeId id, Duration asked, Function<Terms<A>, TokenDecision> further) {
    var suspended = objection.get();
    if (suspended.isPresent()) {
      return refused(IssuanceRefusal.SUSPENDED, suspended.get());
    }
    var authority = active.get();
    if (authority.isEmpty()) {
      return refused(
          IssuanceRefusal.NO_AUTHORITY, "no " + limits.kind() + " authority is active yet");
    }
    if (!id.isMemberOf(limits.trustDomain())) {
      return refused(
          IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
          "\"" + id + "\" is not of trust domain \"" + limits.trustDomain() + "\"");
    }
    if (!id.hasPath()) {
      return refused(IssuanceRefusal.ID_WITHOUT_PATH, "\"" + id + "\" has no path");
    }
    var ttl = asked.isZero() ? limits.ttl() : asked;
    if (!ttl.isPositive() || ttl.compareTo(limits.maxTtl()) > 0) {
      return refused(
          IssuanceRefusal.BAD_TTL,
          "asked for " + ttl + ", more than zero and at most " + limits.maxTtl() + " is allowed");
    }
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    var end = authority.get().notAfter();
    if (!end.isAfter(now)) {
      return refused(
          IssuanceRefusal.NO_AUTHORITY, "the " + limits.kind() + " authority expired at " + end);
    }
    var wanted = now.plus(ttl).truncatedTo(ChronoUnit.SECONDS);
    return further.apply(
        new Terms<>(authority.get(), id, now, wanted.isBefore(end) ? wanted : end));
  }

  /// Signs what was prepared: JWS compact serialization.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  String issue(PreparedToken prepared) {
    objection
        .get()
        .ifPresent(why -> {
          throw new SigningSuspendedException(why);
        });
    return prepared.spend(this).token(prepared.claims());
  }

  static TokenDecision refused(IssuanceRefusal code, String detail) {
    return new TokenDecision.Refused(code, detail);
  }
}
