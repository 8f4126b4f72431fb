package dev.entente.federation;

import io.vertx.core.Future;
import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// The names of a web server's certificate that count: its alternative names (RFC 9525 §2).
///
/// The JDK compares a host with them in the handshake. Where none of them is a DNS name it compares
/// the common name instead, which may be anything a person wrote there.
final class AlternativeNames {
  /// A DNS name among alternative names (RFC 5280 §4.2.1.6).
  private static final Integer DNS_NAME = 2;

  private AlternativeNames() {}

  /// Fails unless it was an alternative name that the handshake found to be the host's.
  static Future<Void> require(String host, SSLSession session) {
    return isAddress(host) || hasDnsName(session)
        ? Future.succeededFuture()
        : Future.failedFuture(
            new BundleFetchException(
                "federation/tls",
                "the certificate of \""
                    + host
                    + "\" has no DNS name among its alternative names; a common name does not count"));
  }

  /// For addresses the JDK looks at alternative names alone.
  private static boolean isAddress(String host) {
    try {
      InetAddress.ofLiteral(host);
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static boolean hasDnsName(SSLSession session) {
    try {
      var leaf = (X509Certificate) session.getPeerCertificates()[0];
      return Objects.requireNonNullElse(leaf.getSubjectAlternativeNames(), List.<List<?>>of())
          .stream()
          .anyMatch(name -> DNS_NAME.equals(name.getFirst()));
    } catch (SSLPeerUnverifiedException | CertificateParsingException _) {
      return false;
    }
  }
}
