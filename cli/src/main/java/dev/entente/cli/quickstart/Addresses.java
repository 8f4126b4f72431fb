package dev.entente.cli.quickstart;

/// Where the daemons of one trust domain listen, each `host:port`.
///
/// @param broker for agents
/// @param bundle the bundle endpoint
/// @param oidc the OpenID discovery documents
/// @param brokerOps whether the broker is ready
/// @param agentOps whether the agent is ready
record Addresses(String broker, String bundle, String oidc, String brokerOps, String agentOps) {
  static Addresses on(Loopback loopback) {
    return new Addresses(
        loopback.freeAddress(),
        loopback.freeAddress(),
        loopback.freeAddress(),
        loopback.freeAddress(),
        loopback.freeAddress());
  }

  /// What stands in `iss`.
  String issuer() {
    return "https://" + oidc;
  }
}
