package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;

/// Gets the broker's own tokens for Azure Resource Manager.
@FunctionalInterface
interface ArmTokens {
  /// A token that lets the broker ask about machines of that tenant.
  ///
  /// @throws AttestationFault if Azure gives none
  String token(AzureTenant tenant) throws AttestationFault;
}
