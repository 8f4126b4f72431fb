package dev.entente.cli.quickstart;

import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;

/// The configuration files of the daemons: small ones, as an operator would write them.
final class ConfigText {
  private ConfigText() {}

  /// A broker with a bundle endpoint and OpenID discovery.
  static String broker(
      TrustDomain domain, Place place, Addresses addresses, Path certificate, Path key) {
    return """
    # Written by `entente quickstart`.
    trust-domain: %s
    data-dir: %s
    listen: %s
    socket: %s
    jwt-issuer: %s
    ops:
      address: %s
    listeners:
      - kind: bundle-https-spiffe
        address: %s
      - kind: oidc
        address: %s
        certificate-file: %s
        key-file: %s
    federation:
      # Both brokers are on this machine.
      allow-private-addresses: true
    """
        .formatted(
            domain,
            quoted(place.brokerData()),
            addresses.broker(),
            quoted(place.brokerSocket()),
            addresses.issuer(),
            addresses.brokerOps(),
            addresses.bundle(),
            addresses.oidc(),
            quoted(certificate),
            quoted(key));
  }

  /// An agent that proves itself by a join token and looks at the programs of its workloads.
  static String agent(TrustDomain domain, Place place, Addresses addresses, String joinToken) {
    return """
    # Written by `entente quickstart`.
    trust-domain: %s
    data-dir: %s
    brokers: ["%s"]
    socket: %s
    admin-socket: %s
    ops:
      address: %s
    bootstrap:
      trust-bundle-file: %s
    attestor:
      join_token:
        token: %s
    workload-attestors:
      unix:
        discover-workload-path: true
    """
        .formatted(
            domain,
            quoted(place.agentData()),
            addresses.broker(),
            quoted(place.workloadSocket()),
            quoted(place.adminSocket()),
            addresses.agentOps(),
            quoted(place.bundleFile()),
            joinToken);
  }

  /// A path as a YAML string.
  private static String quoted(Path path) {
    return '"' + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
