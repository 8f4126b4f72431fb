package dev.entente.rpc;

import io.netty.handler.ssl.util.BouncyCastleUtil;
import java.security.Provider;
import java.security.Security;

/// Ends Netty's search for Bouncy Castle's TLS before it begins.
///
/// At the first handshake Netty looks whether an engine might be Bouncy Castle's, and for that
/// makes an instance of its security provider if the class is there: several hundred classes and
/// five thousand services, in a process whose engines are the JDK's. It takes one that is
/// registered instead, so an empty one is, for the length of the search.
final class BouncyCastleSearch {
  private static final String NAME = "BC";

  private BouncyCastleSearch() {}

  /// Searches with nothing to find; a provider of that name that is registered is left alone.
  static synchronized void end() {
    var added = Security.addProvider(new Nothing()) >= 0;
    try {
      var _ = BouncyCastleUtil.isBcTlsAvailable();
    } finally {
      if (added) {
        Security.removeProvider(NAME);
      }
    }
  }

  /// A provider of nothing.
  private static final class Nothing extends Provider {
    Nothing() {
      super(NAME, "0", "stands where Netty looks for Bouncy Castle");
    }
  }
}
