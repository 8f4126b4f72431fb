package dev.entente.broker.authority;

import dev.entente.spiffe.JwtAuthority;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/// The server above ours, a SPIRE server or another broker of the same trust domain, as far as
/// authorities need it.
///
/// Nothing it answers has been judged. Futures end within a time the implementation bounds, and
/// fail with a message that may be shown to administrators. Any thread may call.
public interface UpstreamServer {
  /// Asks for a certificate of a downstream authority.
  ///
  /// @param csr PKCS#10, DER
  /// @param ttl asked for; the answer may end sooner
  Future<Certified> certify(byte[] csr, Duration ttl);

  /// Publishes one JWT key, and answers with all that are published.
  Future<List<JwtAuthority>> publish(JwtAuthority key);

  /// Where it is, for messages.
  String address();

  /// What the server answers to a certificate request.
  ///
  /// @param chain the new certificate first, then what leads to a root
  /// @param roots the server's X.509 authorities
  record Certified(List<X509Certificate> chain, List<X509Certificate> roots) {
    public Certified {
      chain = List.copyOf(chain);
      roots = List.copyOf(roots);
    }
  }
}
