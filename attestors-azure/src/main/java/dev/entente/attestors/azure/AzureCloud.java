package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import java.net.URI;

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
        PlatformAddress.read(settings, "arm-endpoint").orElse(ARM),
        PlatformAddress.read(settings, "authority-host").orElse(AUTHORITY));
  }
}
