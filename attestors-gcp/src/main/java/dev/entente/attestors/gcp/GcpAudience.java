package dev.entente.attestors.gcp;

import java.util.regex.Pattern;

/// For whom an identity token is made.
final class GcpAudience {
  /// The one audience of every SPIRE deployment.
  static final String SPIRE = "spire-gcp-node-attestor";

  /// Audiences go into a query, a claim and a log line.
  static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._~:/-]{1,256}");

  private GcpAudience() {}

  /// The audience that carries a nonce.
  static String with(String audience, String nonce) {
    return audience + "/" + nonce;
  }
}
