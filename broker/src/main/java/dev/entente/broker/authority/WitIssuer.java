package dev.entente.broker.authority;

import dev.entente.spiffe.Jwk;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;

/// Issues WIT-SVIDs (WIT-SVID §4): JWS compact, header `alg`, `kid`, `typ`, claims `cnf` with the
/// holder's public key, `exp`, `iat`, `jti`, `sub`.
///
/// They carry no `aud`, as the profile forbids it, and no `iss`, since one that OpenID Connect
/// could discover would make them look like ID tokens (WIT-SVID §3.7). Pure but for the clock and
/// the random `jti`; any thread may call.
public final class WitIssuer {
  private final WitProfile profile;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Supplier<Optional<WitSigningAuthority>> active;
  private final Supplier<Optional<String>> objection;

  /// An issuer that signs with whatever `active` gives at the moment of preparing.
  ///
  /// @param objection why nothing may be signed at the moment of asking, if so
  WitIssuer(
      WitProfile profile,
      InstantSource clock,
      SecureRandom random,
      Supplier<Optional<WitSigningAuthority>> active,
      Supplier<Optional<String>> objection) {
    this.profile = profile;
    this.clock = clock;
    this.random = random;
    this.active = active;
    this.objection = objection;
  }

  /// Checks a request against every rule and fixes what will be signed. Signs nothing.
  public WitDecision prepare(WitSvidRequest request) {
    var suspended = objection.get();
    if (suspended.isPresent()) {
      return refused(IssuanceRefusal.SUSPENDED, suspended.get());
    }
    var authority = active.get();
    if (authority.isEmpty()) {
      return refused(IssuanceRefusal.NO_AUTHORITY, "no WIT authority is active yet");
    }
    if (!request.id().isMemberOf(profile.trustDomain())) {
      return refused(
          IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
          "\"" + request.id() + "\" is not of trust domain \"" + profile.trustDomain() + "\"");
    }
    if (!request.id().hasPath()) {
      return refused(IssuanceRefusal.ID_WITHOUT_PATH, "\"" + request.id() + "\" has no path");
    }
    if (!request.algorithm().fits(request.publicKey())) {
      return refused(
          IssuanceRefusal.KEY_NOT_ALLOWED,
          "the key is none that signs with " + request.algorithm());
    }
    var ttl = request.ttl().isZero() ? profile.ttl() : request.ttl();
    if (!ttl.isPositive() || ttl.compareTo(profile.maxTtl()) > 0) {
      return refused(
          IssuanceRefusal.BAD_TTL,
          "asked for " + ttl + ", more than zero and at most " + profile.maxTtl() + " is allowed");
    }
    return prepare(request, ttl, authority.get());
  }

  private WitDecision prepare(WitSvidRequest request, Duration ttl, WitSigningAuthority authority) {
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    if (!authority.notAfter().isAfter(now)) {
      return refused(
          IssuanceRefusal.NO_AUTHORITY, "the WIT authority expired at " + authority.notAfter());
    }
    var wanted = now.plus(ttl).truncatedTo(ChronoUnit.SECONDS);
    var expiresAt = wanted.isBefore(authority.notAfter()) ? wanted : authority.notAfter();
    var jti = TokenIds.next(random);
    var claims =
        new ClaimsWriter()
            .confirmation(Jwk.publicMembers(request.publicKey()), request.algorithm())
            .seconds("exp", expiresAt.getEpochSecond())
            .seconds("iat", now.getEpochSecond())
            .text("jti", jti)
            .text("sub", request.id().toString())
            .toBytes();
    return new PreparedWitSvid(this, authority.signer(), request.id(), now, expiresAt, jti, claims);
  }

  /// Signs what was prepared.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  public IssuedWitSvid issue(PreparedWitSvid prepared) {
    objection
        .get()
        .ifPresent(why -> {
          throw new SigningSuspendedException(why);
        });
    var signer = prepared.spend(this);
    return new IssuedWitSvid(
        signer.token(prepared.claims()),
        prepared.id(),
        prepared.issuedAt(),
        prepared.expiresAt(),
        signer.keyId());
  }

  private static WitDecision.Refused refused(IssuanceRefusal code, String detail) {
    return new WitDecision.Refused(code, detail);
  }
}
