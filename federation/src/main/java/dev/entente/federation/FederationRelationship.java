package dev.entente.federation;

import dev.entente.spiffe.TrustDomain;
import java.net.URI;

/// Whose bundle is fetched, from where, and how the endpoint proves itself.
///
/// Name, URL and profile are each given explicitly; none is derived from another (SPIFFE Federation
/// §5.1, §7.2). A relationship has one direction.
///
/// @param trustDomain the name the fetched bundle is filed under
/// @param endpointUrl https, with a host and without user info (§5.2.1.1, §5.2.2.1)
/// @param profile how the endpoint authenticates
/// @param followRedirects whether up to three redirects of one fetch are followed; never stored
public record FederationRelationship(
    TrustDomain trustDomain, URI endpointUrl, EndpointProfile profile, boolean followRedirects) {
  public FederationRelationship {
    checkEndpointUrl(endpointUrl);
  }

  /// Checks a URL against the rules of both profiles.
  ///
  /// @throws IllegalArgumentException saying which rule it breaks
  static void checkEndpointUrl(URI url) {
    if (!"https".equalsIgnoreCase(url.getScheme()) || url.getHost() == null) {
      throw new IllegalArgumentException(
          "bundle endpoint \"" + url + "\" refused: it is not an https URL with a host");
    }
    if (url.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "bundle endpoint \"https://…@" + url.getHost() + "\" refused: it has user info");
    }
  }
}
