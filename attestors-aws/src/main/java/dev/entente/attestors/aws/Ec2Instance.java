package dev.entente.attestors.aws;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What EC2 says of an instance now.
///
/// @param ownerId the account
/// @param state EC2's word, such as `running`
/// @param rootDeviceType `ebs` or `instance-store`
/// @param volumes when each EBS volume was attached, by device name
/// @param profileArn the instance profile, if it has one
record Ec2Instance(
    String instanceId,
    String ownerId,
    String state,
    String rootDeviceType,
    String rootDeviceName,
    Map<String, Instant> volumes,
    List<NetworkInterface> interfaces,
    List<SecurityGroup> securityGroups,
    Map<String, String> tags,
    Optional<String> profileArn) {
  Ec2Instance {
    volumes = Map.copyOf(volumes);
    interfaces = List.copyOf(interfaces);
    securityGroups = List.copyOf(securityGroups);
    tags = Map.copyOf(tags);
  }

  /// @param deviceIndex 0 is the interface the instance was started with
  record NetworkInterface(int deviceIndex, Instant attachedAt) {}

  record SecurityGroup(String id, String name) {}
}
