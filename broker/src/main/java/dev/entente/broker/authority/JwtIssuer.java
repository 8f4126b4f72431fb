package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;

/// Issues JWT-SVIDs: JWS compact, header `alg`, `kid`, `typ`, claims `aud` (always an array),
/// `exp`, `iat`, `sub`, and `iss` and `jti` where they are wanted.
///
/// Pure but for the clock and the random `jti`; any thread may call. ES256 costs one P-256
/// signature; what [PreparedJwtSvid#isSlowToSign()] belongs on the crypto pool.
public final class JwtIssuer {
  /// Validators, ours among them, stop reading at 8 KiB; header and an RS256 signature need less
  /// than 500 bytes, and base64 makes four bytes of three.
  static final int CLAIMS_MAX_BYTES = 5632;

  private final JwtProfile profile;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Supplier<Optional<JwtGeneration>> active;
  private final Supplier<Optional<String>> objection;

  /// An issuer that signs with whatever `active` gives at the moment of preparing.
  ///
  /// @param objection why nothing may be signed at the moment of asking, if so
  JwtIssuer(
      JwtProfile profile,
      InstantSource clock,
      SecureRandom random,
      Supplier<Optional<JwtGeneration>> active,
      Supplier<Optional<String>> objection) {
    this.profile = profile;
    this.clock = clock;
    this.random = random;
    this.active = active;
    this.objection = objection;
  }

  /// Checks a request against every rule and fixes what will be signed. Signs nothing.
  public JwtDecision prepare(JwtSvidRequest request) {
    var suspended = objection.get();
    if (suspended.isPresent()) {
      return refused(IssuanceRefusal.SUSPENDED, suspended.get());
    }
    var generation = active.get();
    if (generation.isEmpty()) {
      return refused(IssuanceRefusal.NO_AUTHORITY, "no JWT authority is active yet");
    }
    if (!request.id().isMemberOf(profile.trustDomain())) {
      return refused(
          IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
          "\"" + request.id() + "\" is not of trust domain \"" + profile.trustDomain() + "\"");
    }
    if (!request.id().hasPath()) {
      return refused(IssuanceRefusal.ID_WITHOUT_PATH, "\"" + request.id() + "\" has no path");
    }
    if (request.audience().isEmpty()) {
      return refused(IssuanceRefusal.NO_AUDIENCE, "at least one audience is required");
    }
    var ttl = request.ttl().isZero() ? profile.ttl() : request.ttl();
    if (!ttl.isPositive() || ttl.compareTo(profile.maxTtl()) > 0) {
      return refused(
          IssuanceRefusal.BAD_TTL,
          "asked for " + ttl + ", more than zero and at most " + profile.maxTtl() + " is allowed");
    }
    return prepare(request, ttl, generation.get());
  }

  private JwtDecision prepare(JwtSvidRequest request, Duration ttl, JwtGeneration generation) {
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    if (!generation.notAfter().isAfter(now)) {
      return refused(
          IssuanceRefusal.NO_AUTHORITY, "the JWT authority expired at " + generation.notAfter());
    }
    var wanted = now.plus(ttl).truncatedTo(ChronoUnit.SECONDS);
    var expiresAt = wanted.isBefore(generation.notAfter()) ? wanted : generation.notAfter();
    var jti = request.includeJti() ? Optional.of(TokenIds.next(random)) : Optional.<String>empty();
    var claims = claims(request, now, expiresAt, jti);
    if (claims.length > CLAIMS_MAX_BYTES) {
      return refused(
          IssuanceRefusal.TOO_LARGE,
          "claims have " + claims.length + " bytes, at most " + CLAIMS_MAX_BYTES + " are allowed");
    }
    var rs256 = profile.algorithm().wantsRs256(request.audience());
    var signer = rs256 ? generation.rs256() : generation.es256();
    return new PreparedJwtSvid(this, signer, request.id(), now, expiresAt, jti, claims);
  }

  /// Signs what was prepared.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  public IssuedJwtSvid issue(PreparedJwtSvid prepared) {
    objection
        .get()
        .ifPresent(why -> {
          throw new SigningSuspendedException(why);
        });
    var signer = prepared.spend(this);
    return new IssuedJwtSvid(
        signer.token(prepared.claims()),
        prepared.id(),
        prepared.issuedAt(),
        prepared.expiresAt(),
        signer.keyId());
  }

  private byte[] claims(
      JwtSvidRequest request, Instant now, Instant expiresAt, Optional<String> jti) {
    var writer =
        new ClaimsWriter()
            .texts("aud", request.audience())
            .seconds("exp", expiresAt.getEpochSecond())
            .seconds("iat", now.getEpochSecond());
    profile.issuer().ifPresent(issuer -> writer.text("iss", issuer));
    jti.ifPresent(value -> writer.text("jti", value));
    return writer.text("sub", uri(request.id())).toBytes();
  }

  private static String uri(SpiffeId id) {
    return id.toString();
  }

  private static JwtDecision.Refused refused(IssuanceRefusal code, String detail) {
    return new JwtDecision.Refused(code, detail);
  }
}
