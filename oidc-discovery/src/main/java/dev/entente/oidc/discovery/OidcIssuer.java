package dev.entente.oidc.discovery;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/// The https URL that stands in `iss` and under which the documents are found.
///
/// It is fixed by configuration and never taken from a request, because whoever chooses the issuer
/// chooses whose keys are believed. Relying parties compare it byte by byte.
///
/// @param url https, lower-case host, no user info, query, fragment or trailing slash, at most 255
///   characters (the limit of AWS IAM)
public record OidcIssuer(URI url) {
  private static final int MAX_CHARACTERS = 255;
  private static final int HTTPS_PORT = 443;

  public OidcIssuer {
    var text = url.toString();
    if (!"https".equals(url.getScheme()) || url.getHost() == null) {
      throw refused(text, "it is not an https URL with a host");
    }
    if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
      throw refused(text, "user info, query and fragment are not allowed");
    }
    if (!url.getHost().equals(url.getHost().toLowerCase(Locale.ROOT)) || text.endsWith("/")) {
      throw refused(text, "the host must be lower case and the end no slash");
    }
    if (text.length() > MAX_CHARACTERS) {
      throw refused(text, text.length() + " characters, at most " + MAX_CHARACTERS);
    }
  }

  /// Reads an issuer from text.
  ///
  /// @throws IllegalArgumentException if it breaks one of the rules above
  public static OidcIssuer parse(String text) {
    try {
      return new OidcIssuer(new URI(text));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("issuer \"" + text + "\" refused: it is not a URL", e);
    }
  }

  private static IllegalArgumentException refused(String text, String why) {
    return new IllegalArgumentException("issuer \"" + text + "\" refused: " + why);
  }

  /// The only value of the Host header under which the documents are served.
  public String host() {
    int port = url.getPort();
    return port < 0 || port == HTTPS_PORT ? url.getHost() : url.getHost() + ":" + port;
  }

  /// Path of the discovery document (OpenID Connect Discovery 1.0 §4).
  public String discoveryPath() {
    return url.getRawPath() + "/.well-known/openid-configuration";
  }

  /// Path of the JWKS.
  public String jwksPath() {
    return url.getRawPath() + "/keys";
  }

  @Override
  public String toString() {
    return url.toString();
  }
}
