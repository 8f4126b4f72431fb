package dev.entente.attestors.aws;

import dev.entente.attestor.spi.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// Whether the instance EC2 shows is the one the document speaks of, and is still itself.
///
/// A document stays good for as long as its instance exists, and any disk can be attached to
/// another instance. So the instance must run, and its root volume must have come with it: attached
/// within a minute of its first network interface, as SPIRE asks.
final class InstanceChecks {
  /// SPIRE's; AWS attaches both when the instance is started.
  private static final Duration ATTACHED_WITHIN = Duration.ofSeconds(60);

  private static final Set<String> LIVE = Set.of("pending", "running");
  private static final String INSTANCE_STORE = "instance-store";

  private InstanceChecks() {}

  /// The one live instance among `found` that `identity` speaks of.
  static Ec2Instance live(InstanceIdentity identity, List<Ec2Instance> found) throws Refusal {
    Refusal.unless(
        found.size() == 1,
        "instance-not-found",
        "EC2 shows " + found.size() + " instances " + identity.instanceId());
    var instance = found.getFirst();
    Refusal.unless(
        instance.instanceId().equals(identity.instanceId())
            && instance.ownerId().equals(identity.accountId()),
        "other-instance",
        "EC2 shows " + instance.instanceId() + " of account " + instance.ownerId());
    Refusal.unless(
        LIVE.contains(instance.state()),
        "instance-not-running",
        instance.instanceId() + " is " + instance.state());
    return instance;
  }

  /// Refuses an instance whose root volume was put in later.
  static void rootVolume(Ec2Instance instance) throws Refusal {
    var first =
        instance.interfaces().stream()
            .filter(it -> it.deviceIndex() == 0)
            .findFirst()
            .orElseThrow(
                () -> new Refusal("no-primary-interface", "no interface has device index 0"));
    if (instance.rootDeviceType().equals(INSTANCE_STORE)) {
      return;
    }
    var attachedAt = instance.volumes().get(instance.rootDeviceName());
    if (attachedAt == null) {
      throw new Refusal(
          "no-root-volume", "nothing is attached at \"" + instance.rootDeviceName() + "\"");
    }
    var apart = Duration.between(first.attachedAt(), attachedAt).abs();
    Refusal.unless(
        apart.compareTo(ATTACHED_WITHIN) <= 0,
        "root-volume-attached-later",
        "root volume and first interface were attached "
            + apart
            + " apart, allowed are "
            + ATTACHED_WITHIN);
  }
}
