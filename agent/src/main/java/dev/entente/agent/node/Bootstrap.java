package dev.entente.agent.node;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// By what a node that was never attested recognises its broker.
public sealed interface Bootstrap {
  /// A trust bundle in a file.
  record BundleFile(Path file, Format format) implements Bootstrap {}

  /// A trust bundle behind a URL.
  ///
  /// @param url https; http only together with `socket`
  /// @param socket the Unix socket that carries the request, if any
  record BundleUrl(URI url, Optional<Path> socket, Format format) implements Bootstrap {
    public BundleUrl {
      var scheme = String.valueOf(url.getScheme());
      if (!scheme.equals("https") && !(scheme.equals("http") && socket.isPresent())) {
        throw new IllegalArgumentException(
            "a bundle is fetched from an https URL, or by http through a Unix socket: " + url);
      }
      if (url.getHost() == null || url.getUserInfo() != null) {
        throw new IllegalArgumentException("not a URL with a host and without a user: " + url);
      }
    }
  }

  /// Whoever answers is believed once. For tries on one machine.
  record Insecure() implements Bootstrap {}

  /// How a bundle is written.
  enum Format {
    /// Certificates in PEM.
    PEM,
    /// A SPIFFE bundle document.
    SPIFFE
  }
}
