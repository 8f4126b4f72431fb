package dev.entente.attestors.azure;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What Azure Resource Manager knows of a machine.
///
/// @param vmId the number Azure gives a machine once
/// @param principalIds of its managed identities
/// @param scaleSet the scale set in whose list it was found, as Azure writes its name
record AzureVm(
    String vmId,
    String name,
    String location,
    String resourceGroup,
    Map<String, String> tags,
    Set<String> principalIds,
    List<Interface> interfaces,
    Optional<String> scaleSet) {
  AzureVm {
    tags = Map.copyOf(tags);
    principalIds = Set.copyOf(principalIds);
    interfaces = List.copyOf(interfaces);
  }

  /// A network interface.
  record Interface(Optional<ArmId> securityGroup, List<ArmId> subnets) {
    Interface {
      subnets = List.copyOf(subnets);
    }
  }

  Stream<ArmId> securityGroups() {
    return interfaces.stream().flatMap(it -> it.securityGroup().stream());
  }

  Stream<ArmId> subnets() {
    return interfaces.stream().flatMap(it -> it.subnets().stream());
  }
}
