package dev.entente.broker;

import dev.entente.broker.api.HttpsDocument;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.oidc.discovery.DiscoveryDocument;
import dev.entente.oidc.discovery.JwksDocument;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.SpiffeBundle;
import java.time.Duration;
import java.util.Optional;

/// What strangers read of our bundle, made into bytes once for each version of it.
final class PublishedDocuments {
  private static final String JSON = "application/json";

  private final Duration maxAge;

  /// Written by whoever brings a newer bundle.
  private volatile Optional<HttpsDocument> bundle = Optional.empty();

  private volatile Optional<HttpsDocument> keys = Optional.empty();

  /// Follows `own` from now on. Readers are told to ask again after its refresh hint.
  PublishedDocuments(OwnBundle own) {
    this.maxAge = own.refreshHint();
    own.onChange(this::publish);
    publish(own.current());
  }

  private void publish(SpiffeBundle current) {
    if (current.sequence().isPresent()) {
      bundle = Optional.of(HttpsDocument.of(JSON, BundleDocument.toJson(current), maxAge));
      keys = Optional.of(HttpsDocument.of(JSON, JwksDocument.toJson(current), maxAge));
    }
  }

  /// The SPIFFE bundle document.
  Optional<HttpsDocument> bundle() {
    return bundle;
  }

  /// The JWKS for OpenID relying parties; none as long as there is no key.
  Optional<HttpsDocument> keys() {
    return keys;
  }

  /// The OpenID discovery document of `issuer`; never changes.
  HttpsDocument discovery(OidcIssuer issuer) {
    return HttpsDocument.of(JSON, DiscoveryDocument.toJson(issuer), maxAge);
  }
}
