package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestorSettings;
import java.net.URI;
import java.util.Optional;

/// Where Azure is: its own addresses, or those of a sovereign cloud.
///
/// @param arm Azure Resource Manager, without a path
/// @param authority Entra ID, without a path
record AzureCloud(URI arm, URI authority) {
  private static final URI ARM = URI.create("https://management.azure.com");
  private static final URI AUTHORITY = URI.create("https://login.microsoftonline.com");

  /// Reads `arm-endpoint` and `authority-host`; mistakes are reported there.
  static AzureCloud read(AttestorSettings settings) {
    return new AzureCloud(
        address(settings, "arm-endpoint").orElse(ARM),
        address(settings, "authority-host").orElse(AUTHORITY));
  }

  /// The address under `key`, if one is set that can be used.
  static Optional<URI> address(AttestorSettings settings, String key) {
    var text = settings.text(key);
    try {
      var uri = text.map(URI::create);
      if (uri.isEmpty() || uri.get().getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // The same answer as for any other address that is none.
    }
    settings.problem(key, "not an address: \"" + text.orElse("") + "\"");
    return Optional.empty();
  }
}
