package dev.entente.broker.registration;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;

/// Says where and how the bundle of another trust domain is fetched.
///
/// @param bundleEndpointUrl an https URL without user info
public record Relationship(
    TrustDomain trustDomain, URI bundleEndpointUrl, EndpointProfile profile) {

  /// How the bundle endpoint proves itself (SPIFFE Federation §5.2).
  public sealed interface EndpointProfile {
    /// By a Web PKI certificate for the URL's host.
    record HttpsWeb() implements EndpointProfile {}

    /// By an X.509-SVID with exactly this id.
    record HttpsSpiffe(SpiffeId endpointId) implements EndpointProfile {}
  }
}
