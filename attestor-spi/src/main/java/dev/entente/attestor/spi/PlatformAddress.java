package dev.entente.attestor.spi;

import java.net.InetAddress;
import java.net.URI;
import java.util.Optional;

/// Reads where a platform's service is out of an attestor's settings.
public final class PlatformAddress {
  private PlatformAddress() {}

  /// The address under `key`, if one is set that can be used; a mistake is reported there.
  ///
  /// Plain http is for a service of this very machine only: whoever is on the way could otherwise
  /// hand out keys, or say what the platform did not.
  public static Optional<URI> read(AttestorSettings settings, String key) {
    var text = settings.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      var uri = URI.create(text.get());
      if (uri.getHost() != null && ("https".equals(uri.getScheme()) || isPlainAndHere(uri))) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException _) {
      // The same answer as for any other address that is none.
    }
    settings.problem(
        key,
        "not an https address, nor an http one of this machine's loopback: \"" + text.get() + "\"");
    return Optional.empty();
  }

  /// Only a literal address: a name may lead elsewhere.
  private static boolean isPlainAndHere(URI uri) {
    return "http".equals(uri.getScheme())
        && InetAddress.ofLiteral(uri.getHost()).isLoopbackAddress();
  }
}
