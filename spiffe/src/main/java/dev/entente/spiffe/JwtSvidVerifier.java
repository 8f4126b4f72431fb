package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import dev.entente.spiffe.JwtVerdict.Refused;
import dev.entente.spiffe.JwtVerdict.Verified;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// Says whether a token is a JWT-SVID of a trust domain whose bundle we have (JWT-SVID §4).
///
/// The key is looked for only among the JWT authorities of the trust domain in `sub`. A token
/// without `kid` is tried with each of them that fits its algorithm. Any thread may call.
public final class JwtSvidVerifier {
  /// How far clocks may differ unless said otherwise, as SPIRE's agent has it.
  public static final Duration DEFAULT_LEEWAY = Duration.ofSeconds(60);

  /// Keys tried for a token without `kid`; a trust domain of ours publishes at most 60.
  private static final int MAX_KEYS_TRIED = 64;

  private final Duration leeway;

  /// A verifier with the default leeway.
  public JwtSvidVerifier() {
    this(DEFAULT_LEEWAY);
  }

  /// A verifier that lets clocks differ by `leeway`, which is not negative.
  public JwtSvidVerifier(Duration leeway) {
    if (leeway.isNegative()) {
      throw new IllegalArgumentException("leeway is negative: " + leeway);
    }
    this.leeway = leeway;
  }

  /// Judges a token that is to be for at least one of `audiences`, at the moment `now`. Never
  /// throws: whatever goes wrong is a refusal, and so is an empty set of audiences.
  public JwtVerdict verify(String token, Set<String> audiences, BundleSource bundles, Instant now) {
    try {
      return judge(token, audiences, bundles, now);
    } catch (JwtRefusedException e) {
      return new Refused(e.reason(), String.valueOf(e.getMessage()));
    } catch (MalformedException e) {
      return new Refused(Reason.MALFORMED, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // Fail closed. The message is left out: it might quote the token.
      return new Refused(Reason.INTERNAL, "unexpected while verifying: " + e.getClass().getName());
    }
  }

  private JwtVerdict judge(String token, Set<String> audiences, BundleSource bundles, Instant now) {
    var jws = JoseGate.pass(token);
    var claims = JwtClaims.read(jws.claims());
    claims.requireAudience(audiences);
    claims.requireValidAt(now, leeway);
    requireSignature(jws, authorities(claims.subject().trustDomain(), bundles));
    return new Verified(JwtSvid.of(token, jws, claims));
  }

  private static List<JwtAuthority> authorities(TrustDomain trustDomain, BundleSource bundles) {
    var authorities = bundles.find(trustDomain).map(SpiffeBundle::jwtAuthorities);
    if (authorities.orElse(List.of()).isEmpty()) {
      throw new JwtRefusedException(
          Reason.NO_BUNDLE, "no JWT authority of " + trustDomain + " is known");
    }
    return authorities.get();
  }

  private static void requireSignature(JoseGate jws, List<JwtAuthority> authorities) {
    var candidates =
        authorities.stream()
            .filter(it -> jws.keyId().isEmpty() || jws.keyId().get().equals(it.keyId()))
            .filter(it -> jws.algorithm().fits(it.publicKey()))
            .limit(MAX_KEYS_TRIED)
            .toList();
    if (candidates.isEmpty()) {
      throw new JwtRefusedException(
          Reason.KEY,
          "no key "
              + Quoted.of(jws.keyId().orElse(""))
              + " of the trust domain signs with "
              + jws.algorithm());
    }
    if (candidates.stream().map(JwtAuthority::publicKey).noneMatch(jws::isSignedBy)) {
      throw new JwtRefusedException(Reason.SIGNATURE, "the token's signature is not the key's");
    }
  }
}
