package dev.entente.federation;

import dev.entente.spiffe.TrustDomain;
import java.net.URI;

/// Whose bundle is fetched, from where, and how the endpoint proves itself.
///
/// Name, URL and profile are each given explicitly; none is derived from another (SPIFFE Federation
/// §5.1, §7.2). A relationship has one direction.
///
/// @param trustDomain the name the fetched bundle is filed under
/// @param endpointUrl as [BundleEndpointUrl] has it
/// @param profile how the endpoint authenticates
/// @param followRedirects whether up to three redirects of one fetch are followed; never stored
public record FederationRelationship(
    TrustDomain trustDomain, URI endpointUrl, EndpointProfile profile, boolean followRedirects) {
  public FederationRelationship {
    BundleEndpointUrl.check(endpointUrl);
  }
}
