package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.eks.model.AutoScalingGroup;
import software.amazon.awssdk.services.eks.model.ResourceNotFoundException;

/// Whether an instance is in a managed node group of one of the named EKS clusters of its own
/// account and region.
///
/// As SPIRE finds it: clusters have node groups, these have Auto Scaling groups, and those know
/// their instances. Nodes that somebody else starts, such as Karpenter, are in none.
final class EksMembership implements Membership {
  private static final String UNDONE = "nodes of EKS clusters not listed";

  /// SPIRE's.
  private static final Duration TTL = Duration.ofSeconds(30);

  /// Three calls for each node group of a usual cluster take less than a second.
  private static final Duration LIST_LIMIT = Duration.ofSeconds(15);

  /// As many as Auto Scaling describes by their names at once.
  private static final int GROUPS_AT_ONCE = 50;

  private record Place(String accountId, String region) {}

  private final Set<String> clusters;
  private final SdkClients clients;
  private final AwsCalls calls;
  private final InstantSource clock;

  /// Bounded by the allowed accounts and the known regions.
  private final ConcurrentMap<Place, CachedNames> instances = new ConcurrentHashMap<>();

  EksMembership(Set<String> clusters, SdkClients clients, AwsCalls calls, InstantSource clock) {
    this.clusters = Set.copyOf(clusters);
    this.clients = clients;
    this.calls = calls;
    this.clock = clock;
  }

  @Override
  public boolean holds(InstanceIdentity identity) throws AttestationFault {
    var place = new Place(identity.accountId(), identity.region());
    return instances
        .computeIfAbsent(
            place, it -> new CachedNames(() -> calls.make(UNDONE, () -> list(it)), TTL, clock))
        .has(identity.instanceId());
  }

  private Set<String> list(Place place) {
    var who = clients.as(place.accountId(), place.region());
    long end = System.nanoTime() + LIST_LIMIT.toNanos();
    var groups = new ArrayList<String>();
    for (var cluster : clusters) {
      groups.addAll(groups(cluster, place.region(), who, end));
    }
    var found = new HashSet<String>();
    for (int at = 0; at < groups.size(); at += GROUPS_AT_ONCE) {
      var some = groups.subList(at, Math.min(groups.size(), at + GROUPS_AT_ONCE));
      found.addAll(instancesOf(some, place.region(), who));
      requireTime(end);
    }
    return found;
  }

  /// The names of the Auto Scaling groups of a cluster; none if the account has no such cluster.
  private List<String> groups(
      String cluster,
      String region,
      Consumer<AwsRequestOverrideConfiguration.Builder> who,
      long end) {
    var eks = clients.eks(region);
    var groups = new ArrayList<String>();
    try {
      for (var name :
          eks.listNodegroupsPaginator(it -> it.clusterName(cluster).overrideConfiguration(who))
              .nodegroups()) {
        var answer =
            eks.describeNodegroup(
                it -> it.clusterName(cluster).nodegroupName(name).overrideConfiguration(who));
        var resources = answer.nodegroup().resources();
        if (resources != null) {
          resources.autoScalingGroups().stream().map(AutoScalingGroup::name).forEach(groups::add);
        }
        requireTime(end);
      }
    } catch (ResourceNotFoundException _) {
      // The cluster is of another account or region, or a group has just gone.
      return groups;
    }
    return groups;
  }

  private Set<String> instancesOf(
      List<String> groups, String region, Consumer<AwsRequestOverrideConfiguration.Builder> who) {
    var found = new HashSet<String>();
    clients
        .autoScaling(region)
        .describeAutoScalingGroupsPaginator(
            it -> it.autoScalingGroupNames(groups).overrideConfiguration(who))
        .autoScalingGroups()
        .forEach(group -> group.instances().forEach(it -> found.add(it.instanceId())));
    return found;
  }

  private static void requireTime(long end) {
    SdkClients.requireTime(end, "not all node groups were described in " + LIST_LIMIT);
  }
}
