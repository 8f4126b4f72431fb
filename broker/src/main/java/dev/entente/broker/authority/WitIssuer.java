package dev.entente.broker.authority;

import dev.entente.broker.authority.TokenRules.Terms;
import dev.entente.spiffe.Jwk;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/// Issues WIT-SVIDs (WIT-SVID §4): JWS compact, header `alg`, `kid`, `typ`, claims `cnf` with the
/// holder's public key, `exp`, `iat`, `jti`, `sub`.
///
/// They carry no `aud`, as the profile forbids it, and no `iss`, since one that OpenID Connect
/// could discover would make them look like ID tokens (WIT-SVID §3.7). Pure but for the clock and
/// the random `jti`; any thread may call.
public final class WitIssuer {
  private final SecureRandom random;
  private final TokenRules<WitSigningAuthority> rules;

  /// An issuer that signs with whatever `active` gives at the moment of preparing.
  ///
  /// @param objection why nothing may be signed at the moment of asking, if so
  WitIssuer(
      WitProfile profile,
      InstantSource clock,
      SecureRandom random,
      Supplier<Optional<WitSigningAuthority>> active,
      Supplier<Optional<String>> objection) {
    this.random = random;
    var limits =
        new TokenRules.Limits("WIT", profile.trustDomain(), profile.ttl(), profile.maxTtl());
    this.rules = new TokenRules<>(limits, clock, active, objection);
  }

  /// Checks a request against every rule and fixes what will be signed. Signs nothing.
  public TokenDecision prepare(WitSvidRequest request) {
    return rules.decide(request.id(), request.ttl(), terms -> prepare(request, terms));
  }

  private TokenDecision prepare(WitSvidRequest request, Terms<WitSigningAuthority> terms) {
    if (!request.algorithm().fits(request.publicKey())) {
      return TokenRules.refused(
          IssuanceRefusal.KEY_NOT_ALLOWED,
          "the key is none that signs with " + request.algorithm());
    }
    var jti = TokenIds.next(random);
    var claims =
        new ClaimsWriter()
            .confirmation(Jwk.publicMembers(request.publicKey()), request.algorithm())
            .seconds("exp", terms.expiresAt().getEpochSecond())
            .seconds("iat", terms.issuedAt().getEpochSecond())
            .text("jti", jti)
            .text("sub", terms.id().toString())
            .toBytes();
    var signer = terms.authority().signer();
    return new PreparedToken(rules, terms, signer, Optional.of(jti), claims);
  }

  /// Signs what was prepared.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  public IssuedWitSvid issue(PreparedToken prepared) {
    return new IssuedWitSvid(
        rules.issue(prepared),
        prepared.id(),
        prepared.issuedAt(),
        prepared.expiresAt(),
        prepared.keyId());
  }
}
