package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Signs our X.509 authorities, so that not they but its own roots stand in our bundle.
public interface UpstreamAuthority {
  /// Signs one authority. Blocks; called on the authorities' one thread, for each rotation.
  ///
  /// @throws UpstreamAuthorityException if it cannot sign, or not so that it would be believed
  Signed sign(Request request);

  /// Makes JWT keys known to whoever believes the upstream, before anything is signed with them;
  /// some that are known already change nothing. Blocks, as [#sign(Request)] does.
  ///
  /// An upstream that has a certificate and nothing else knows nobody to tell: then our own bundle
  /// is where they are found.
  ///
  /// @throws UpstreamAuthorityException if it cannot be known that all of them are published
  default void publish(List<JwtAuthority> keys) {}

  /// What is to be signed.
  ///
  /// @param subject without the serial number, which comes from `serial`
  /// @param key the authority's key; only its public half is certified
  /// @param ttl asked for; the answer may end sooner
  record Request(
      TrustDomain trustDomain,
      SubjectName subject,
      SigningKey key,
      BigInteger serial,
      Instant now,
      Duration ttl) {}

  /// The certificate and what makes it count.
  ///
  /// @param chain the authority's certificate first, then what leads to the root, without it
  /// @param root the one the chain leads to
  /// @param roots all that belong into the bundle, `root` among them
  record Signed(List<X509Certificate> chain, X509Certificate root, List<X509Certificate> roots) {
    public Signed {
      chain = List.copyOf(chain);
      roots = List.copyOf(roots);
    }
  }
}
