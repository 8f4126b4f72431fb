package dev.entente.agent.node;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.X509Authority;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;

/// Says which SVIDs a bundle tells us to replace: those a tainted authority signed.
///
/// A certificate names the key that signed it (RFC 5280 §4.2.1.1); one that does not is tried
/// against each tainted key. Only the agent's own trust domain's bundle counts.
public final class TaintRule {
  /// A broker that still signs with a tainted authority is asked again this much later.
  public static final Duration ASK_AGAIN = Duration.ofSeconds(5);

  private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

  /// By subject key id in lower-case hex.
  private final Map<String, X509Authority> tainted;

  /// The key ids of tainted WIT authorities.
  private final Set<String> taintedWit;

  private TaintRule(Map<String, X509Authority> tainted, Set<String> taintedWit) {
    this.tainted = tainted;
    this.taintedWit = taintedWit;
  }

  /// What the bundle of the agent's own trust domain says.
  public static TaintRule of(SpiffeBundle own) {
    return new TaintRule(
        own.x509Authorities().stream()
            .filter(X509Authority::tainted)
            .collect(
                Collectors.toUnmodifiableMap(
                    X509Authority::subjectKeyId, authority -> authority, (one, _) -> one)),
        own.witAuthorities().stream()
            .filter(JwtAuthority::tainted)
            .map(JwtAuthority::keyId)
            .collect(Collectors.toUnmodifiableSet()));
  }

  /// Whether a tainted authority signed the WIT-SVID.
  public boolean taints(WitSvid svid) {
    return taintedWit.contains(svid.keyId());
  }

  /// Whether any certificate of the chain was signed by a tainted authority.
  public boolean taints(List<X509Certificate> chain) {
    return !tainted.isEmpty() && chain.stream().anyMatch(this::isSignedByTainted);
  }

  private boolean isSignedByTainted(X509Certificate certificate) {
    return authorityKeyId(certificate)
        .map(tainted::containsKey)
        .orElseGet(() -> tainted.values().stream().anyMatch(it -> isSignedBy(it, certificate)));
  }

  private static boolean isSignedBy(X509Authority authority, X509Certificate certificate) {
    try {
      certificate.verify(authority.certificate().getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static Optional<String> authorityKeyId(X509Certificate certificate) {
    var extension = certificate.getExtensionValue(AUTHORITY_KEY_IDENTIFIER);
    if (extension == null) {
      return Optional.empty();
    }
    var content = ASN1OctetString.getInstance(extension).getOctets();
    var keyId = AuthorityKeyIdentifier.getInstance(content).getKeyIdentifierOctets();
    return Optional.ofNullable(keyId).map(HexFormat.of()::formatHex);
  }
}
