package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import java.util.List;
import java.util.Optional;

/// Asks Azure Resource Manager about machines. Safe for use by many threads; calls block for a
/// bounded time.
interface AzureDirectory {
  /// The machines of a subscription with this number: one, unless something is wrong.
  ///
  /// @param scaleSet in which scale set it is looked for; among single machines otherwise
  List<AzureVm> find(
      AzureTenant tenant, String subscriptionId, String vmId, Optional<String> scaleSet)
      throws AttestationFault;

  /// The machine with this id; empty if there is none.
  Optional<AzureVm> get(AzureTenant tenant, ArmId id) throws AttestationFault;
}
