package dev.entente.spiffe;

import dev.entente.spiffe.JwtVerdict.Reason;
import dev.entente.spiffe.WitVerdict.Refused;
import dev.entente.spiffe.WitVerdict.Unproven;
import dev.entente.spiffe.WitVerdict.Verified;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/// Says whether a token is a WIT-SVID of a trust domain whose bundle we have, and whether whoever
/// shows it holds its key (WIT-SVID §2–§5, §7).
///
/// The key is looked for only among the WIT authorities of the trust domain in `sub`, by its `kid`.
/// The proof of possession is a Workload Proof Token. Any thread may call.
public final class WitSvidVerifier {
  /// How far clocks may differ unless said otherwise.
  public static final Duration DEFAULT_LEEWAY = JwtSvidVerifier.DEFAULT_LEEWAY;

  /// The most that is still small (WIT-SVID §3.4).
  public static final Duration LONGEST_LEEWAY = Duration.ofMinutes(2);

  private final Duration leeway;

  /// A verifier with the default leeway.
  public WitSvidVerifier() {
    this(DEFAULT_LEEWAY);
  }

  /// A verifier that lets clocks differ by `leeway`, from zero to [#LONGEST_LEEWAY].
  public WitSvidVerifier(Duration leeway) {
    if (leeway.isNegative() || leeway.compareTo(LONGEST_LEEWAY) > 0) {
      throw new IllegalArgumentException(
          "leeway is not from zero to " + LONGEST_LEEWAY + ": " + leeway);
    }
    this.leeway = leeway;
  }

  /// Judges a token and the proof that came with it. Never throws: whatever goes wrong is a
  /// refusal.
  ///
  /// Both must have come over a channel that nobody listens to, such as TLS, and the token not in
  /// the `Authorization` header (WIT-SVID §5, §7.3); that is for the caller to see to.
  ///
  /// @param proof the Workload Proof Token
  /// @param target what the proof must be for: the URI of the request without query and fragment
  public WitVerdict verify(
      String token, String proof, String target, BundleSource bundles, Instant now) {
    return refusingFaults(() -> {
      var svid = judge(token, bundles, now);
      var proved = WorkloadProof.judge(proof, svid, target, now, leeway);
      return new Verified(svid, proved.id(), proved.expiresAt());
    });
  }

  /// Judges a token alone, for whoever looks at one and lets nobody in for it. Never throws.
  public WitVerdict verifyWithoutProofOfPossession(
      String token, BundleSource bundles, Instant now) {
    return refusingFaults(() -> new Unproven(judge(token, bundles, now)));
  }

  private static WitVerdict refusingFaults(Supplier<WitVerdict> judging) {
    try {
      return judging.get();
    } catch (JwtRefusedException e) {
      return new Refused(e.reason(), String.valueOf(e.getMessage()));
    } catch (MalformedException e) {
      return new Refused(Reason.MALFORMED, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // Fail closed. The message is left out: it might quote the token.
      return new Refused(Reason.INTERNAL, "unexpected while verifying: " + e.getClass().getName());
    }
  }

  private WitSvid judge(String token, BundleSource bundles, Instant now) {
    var jws = JoseGate.pass(token, JoseGate.Kind.WIT_SVID);
    var claims = WitClaims.read(jws.claims());
    claims.requireValidAt(now, leeway);
    requireSignature(jws, authorities(claims.subject().trustDomain(), bundles));
    return WitSvid.of(token, jws, claims);
  }

  private static List<JwtAuthority> authorities(TrustDomain trustDomain, BundleSource bundles) {
    var authorities = bundles.find(trustDomain).map(SpiffeBundle::witAuthorities);
    if (authorities.orElse(List.of()).isEmpty()) {
      throw new JwtRefusedException(
          Reason.NO_BUNDLE, "no WIT authority of " + trustDomain + " is known");
    }
    return authorities.get();
  }

  private static void requireSignature(JoseGate jws, List<JwtAuthority> authorities) {
    var keyId = jws.keyId().orElseThrow();
    var key =
        authorities.stream()
            .filter(authority -> authority.keyId().equals(keyId))
            .map(JwtAuthority::publicKey)
            .filter(jws.algorithm()::fits)
            .findFirst()
            .orElseThrow(() ->
                new JwtRefusedException(
                    Reason.KEY,
                    "no key "
                        + Quoted.of(keyId)
                        + " of the trust domain signs WIT-SVIDs with "
                        + jws.algorithm()));
    if (!jws.isSignedBy(key)) {
      throw new JwtRefusedException(Reason.SIGNATURE, "the token's signature is not the key's");
    }
  }
}
