package dev.entente.federation;

import java.net.URI;
import java.net.URISyntaxException;

/// What a URL has to be under which a bundle is fetched, in either profile (SPIFFE Federation
/// §5.2.1.1, §5.2.2.1): https, with a host and without user info.
public final class BundleEndpointUrl {
  private BundleEndpointUrl() {}

  /// Reads such a URL.
  ///
  /// @throws IllegalArgumentException saying which rule it breaks; user info is not repeated
  public static URI parse(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("not a URL: " + e.getReason(), e);
    }
    check(url);
    return url;
  }

  /// Checks a URL against the rules.
  ///
  /// @throws IllegalArgumentException as [#parse]
  static void check(URI url) {
    if (url.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "bundle endpoint \"https://…@" + url.getHost() + "\" refused: it has user info");
    }
    if (!"https".equals(url.getScheme()) || url.getHost() == null) {
      throw new IllegalArgumentException(
          "bundle endpoint \"" + url + "\" refused: it is not an https URL with a host");
    }
  }
}
