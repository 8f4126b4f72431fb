package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.aws.Ec2Instance.NetworkInterface;
import dev.entente.attestors.aws.Ec2Instance.SecurityGroup;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.Reservation;
import software.amazon.awssdk.services.iam.model.Role;

/// Asks EC2 and IAM through the AWS SDK.
final class SdkEc2Directory implements Ec2Directory {
  private static final Set<String> UNKNOWN_INSTANCE =
      Set.of("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed");

  private final SdkClients clients;
  private final AwsCalls calls;

  SdkEc2Directory(SdkClients clients, AwsCalls calls) {
    this.clients = clients;
    this.calls = calls;
  }

  @Override
  public List<Ec2Instance> find(InstanceIdentity identity) throws AttestationFault {
    var who = clients.as(identity.accountId(), identity.region());
    return calls.make(
        "instance not looked up in EC2",
        () -> {
          try {
            return clients
                .ec2(identity.region())
                .describeInstances(request ->
                    request.instanceIds(identity.instanceId()).overrideConfiguration(who))
                .reservations()
                .stream()
                .flatMap(reservation ->
                    reservation.instances().stream().map(it -> instance(reservation, it)))
                .toList();
          } catch (Ec2Exception e) {
            if (UNKNOWN_INSTANCE.contains(AwsCalls.code(e))) {
              return List.of();
            }
            throw e;
          }
        });
  }

  @Override
  public List<String> roles(InstanceIdentity identity, String profileName) throws AttestationFault {
    var who = clients.as(identity.accountId(), identity.region());
    return calls.make(
        "instance profile not looked up in IAM",
        () ->
            clients
                .iam(identity.region())
                .getInstanceProfile(
                    request -> request.instanceProfileName(profileName).overrideConfiguration(who))
                .instanceProfile()
                .roles()
                .stream()
                .map(Role::arn)
                .toList());
  }

  private static Ec2Instance instance(Reservation reservation, Instance instance) {
    var volumes = new HashMap<String, Instant>();
    for (var mapping : instance.blockDeviceMappings()) {
      if (mapping.ebs() != null && mapping.ebs().attachTime() != null) {
        volumes.put(mapping.deviceName(), mapping.ebs().attachTime());
      }
    }
    var profile = instance.iamInstanceProfile();
    return new Ec2Instance(
        text(instance.instanceId()),
        text(reservation.ownerId()),
        instance.state() == null ? "" : text(instance.state().nameAsString()),
        text(instance.rootDeviceTypeAsString()),
        text(instance.rootDeviceName()),
        volumes,
        instance.networkInterfaces().stream()
            .map(it -> it.attachment())
            .filter(it -> it != null && it.deviceIndex() != null && it.attachTime() != null)
            .map(it -> new NetworkInterface(it.deviceIndex(), it.attachTime()))
            .toList(),
        instance.securityGroups().stream()
            .map(it -> new SecurityGroup(text(it.groupId()), text(it.groupName())))
            .toList(),
        tags(instance),
        profile == null ? Optional.empty() : Optional.ofNullable(profile.arn()));
  }

  private static Map<String, String> tags(Instance instance) {
    var tags = new HashMap<String, String>();
    instance.tags().forEach(tag -> tags.put(text(tag.key()), text(tag.value())));
    return tags;
  }

  /// The SDK has null for what an answer leaves out.
  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
