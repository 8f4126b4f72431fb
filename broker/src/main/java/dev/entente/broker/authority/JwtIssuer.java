package dev.entente.broker.authority;

import dev.entente.broker.authority.TokenRules.Terms;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/// Issues JWT-SVIDs: JWS compact, header `alg`, `kid`, `typ`, claims `aud` (always an array),
/// `exp`, `iat`, `sub`, and `iss` and `jti` where they are wanted.
///
/// Pure but for the clock and the random `jti`; any thread may call. ES256 costs one P-256
/// signature; what [PreparedToken#isSlowToSign()] belongs on the crypto pool.
public final class JwtIssuer {
  /// Validators, ours among them, stop reading at 8 KiB; header and an RS256 signature need less
  /// than 500 bytes, and base64 makes four bytes of three.
  static final int CLAIMS_MAX_BYTES = 5632;

  private final JwtProfile profile;
  private final SecureRandom random;
  private final TokenRules<JwtGeneration> rules;

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
    this.random = random;
    var limits =
        new TokenRules.Limits("JWT", profile.trustDomain(), profile.ttl(), profile.maxTtl());
    this.rules = new TokenRules<>(limits, clock, active, objection);
  }

  /// Checks a request against every rule and fixes what will be signed. Signs nothing.
  public TokenDecision prepare(JwtSvidRequest request) {
    return rules.decide(request.id(), request.ttl(), terms -> prepare(request, terms));
  }

  private TokenDecision prepare(JwtSvidRequest request, Terms<JwtGeneration> terms) {
    if (request.audience().isEmpty()) {
      return TokenRules.refused(IssuanceRefusal.NO_AUDIENCE, "at least one audience is required");
    }
    var jti = request.includeJti() ? Optional.of(TokenIds.next(random)) : Optional.<String>empty();
    var claims = claims(request, terms, jti);
    if (claims.length > CLAIMS_MAX_BYTES) {
      return TokenRules.refused(
          IssuanceRefusal.TOO_LARGE,
          "claims have " + claims.length + " bytes, at most " + CLAIMS_MAX_BYTES + " are allowed");
    }
    var rs256 = profile.algorithm().wantsRs256(request.audience());
    var generation = terms.authority();
    var signer = rs256 ? generation.rs256() : generation.es256();
    return new PreparedToken(rules, terms, signer, jti, claims);
  }

  /// Signs what was prepared.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  public IssuedJwtSvid issue(PreparedToken prepared) {
    return new IssuedJwtSvid(
        rules.issue(prepared),
        prepared.id(),
        prepared.issuedAt(),
        prepared.expiresAt(),
        prepared.keyId());
  }

  private byte[] claims(JwtSvidRequest request, Terms<?> terms, Optional<String> jti) {
    var writer =
        new ClaimsWriter()
            .texts("aud", request.audience())
            .seconds("exp", terms.expiresAt().getEpochSecond())
            .seconds("iat", terms.issuedAt().getEpochSecond());
    profile.issuer().ifPresent(issuer -> writer.text("iss", issuer));
    jti.ifPresent(value -> writer.text("jti", value));
    return writer.text("sub", terms.id().toString()).toBytes();
  }
}
