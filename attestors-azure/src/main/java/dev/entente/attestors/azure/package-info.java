/// Turns what Azure says of a virtual machine into a proven node and its selectors.
///
/// [AzureImdsSource] and [AzureMsiSource] run on the node and ask the instance metadata service.
/// [AzureImdsAttestor] and [AzureMsiAttestor] run on the broker: they believe nothing Azure has not
/// signed, and then ask Azure Resource Manager about the machine. Names, selectors and payloads are
/// SPIRE's `azure_imds` and `azure_msi`.
///
/// Only the broker's halves use Azure's identity library and Bouncy Castle; an agent has this
/// room's jar without them.
@NullMarked
package dev.entente.attestors.azure;

import org.jspecify.annotations.NullMarked;
