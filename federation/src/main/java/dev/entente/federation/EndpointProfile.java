package dev.entente.federation;

import dev.entente.spiffe.SpiffeId;

/// How a bundle endpoint proves that it may speak (SPIFFE Federation §5.2).
///
/// There is no way from one profile to the other: a failure under one is never retried under the
/// other (§7.2).
public sealed interface EndpointProfile {
  /// The endpoint shows a certificate of a public authority for its host name.
  record HttpsWeb() implements EndpointProfile {}

  /// The endpoint shows an X509-SVID with exactly this id.
  record HttpsSpiffe(SpiffeId endpointId) implements EndpointProfile {
    public HttpsSpiffe {
      if (!endpointId.hasPath()) {
        throw new IllegalArgumentException(
            "endpoint id " + endpointId + " refused: it has no path");
      }
    }
  }
}
