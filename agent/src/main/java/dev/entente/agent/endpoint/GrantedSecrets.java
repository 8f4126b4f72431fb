package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.HeldSvid;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.svidcache.WorkloadUpdate.Identity;
import dev.entente.spiffe.SpiffeBundle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The secrets one workload may have at one moment, by the names Envoy asks for.
///
/// An identity is named by its SPIFFE ID, the first one by the default name too; a bundle by its
/// trust domain's id, the own one by the default name too, and all together by a third. Where two
/// entries grant one SPIFFE ID, the lower entry id counts. A bundle without X.509 authorities is no
/// secret: Envoy would refuse it, and whatever came with it.
final class GrantedSecrets {
  private final SdsSettings settings;
  private final WorkloadUpdate update;
  private final Map<String, SpiffeBundle> bundles = new LinkedHashMap<>();
  private final Map<String, HeldSvid> svids = new LinkedHashMap<>();
  private final Optional<SpiffeBundle> own;
  private final boolean isComplete;

  private GrantedSecrets(
      SdsSettings settings,
      WorkloadUpdate update,
      Optional<TrustBundles> trust,
      List<Identity> identities,
      boolean isComplete) {
    this.settings = settings;
    this.update = update;
    this.isComplete = isComplete;
    this.own = trust.map(TrustBundles::own).filter(GrantedSecrets::isUsable);
    own.ifPresent(this::add);
    trust.ifPresent(all ->
        all.federated().values().stream().filter(GrantedSecrets::isUsable).forEach(this::add));
    identities.forEach(it -> svids.putIfAbsent(it.svid().spiffeId().toString(), it.svid()));
  }

  /// What `update` grants.
  ///
  /// @param toVerifiers whether a workload without an identity gets bundles
  static GrantedSecrets of(WorkloadUpdate update, SdsSettings settings, boolean toVerifiers) {
    return switch (update) {
      case WorkloadUpdate.NotSynced() ->
          new GrantedSecrets(settings, update, Optional.empty(), List.of(), false);
      case WorkloadUpdate.NoIdentity(var bundles) ->
          new GrantedSecrets(
              settings, update, Optional.of(bundles).filter(_ -> toVerifiers), List.of(), true);
      case WorkloadUpdate.Waiting(var bundles, _) ->
          new GrantedSecrets(settings, update, Optional.of(bundles), List.of(), false);
      case WorkloadUpdate.Ready(var bundles, var identities) ->
          new GrantedSecrets(settings, update, Optional.of(bundles), identities, true);
      case WorkloadUpdate.WitReady _ -> throw Turn.notOfWits();
    };
  }

  /// Whether what is not found here is not granted; otherwise it may just not be signed yet.
  boolean isComplete() {
    return isComplete;
  }

  /// Whether nothing at all is granted.
  boolean isEmpty() {
    return bundles.isEmpty() && svids.isEmpty();
  }

  /// The update this was made from.
  WorkloadUpdate update() {
    return update;
  }

  /// Finds a secret by name.
  ///
  /// @throws dev.entente.rpc.RpcException if the name means all bundles, which a client without the
  ///   SPIFFE validator cannot keep apart
  Optional<NamedSecret> find(String name, SdsClient client) {
    if (name.equals(settings.defaultSvidName())) {
      return svids.values().stream().findFirst().map(svid -> NamedSecret.certificate(name, svid));
    }
    if (name.equals(settings.defaultBundleName())) {
      return own.map(bundle -> bundle(name, bundle, client));
    }
    if (name.equals(settings.defaultAllBundlesName())) {
      return allBundles(name, client);
    }
    return Optional.ofNullable(svids.get(name))
        .map(svid -> NamedSecret.certificate(name, svid))
        .or(() ->
            Optional.ofNullable(bundles.get(name)).map(bundle -> bundle(name, bundle, client)));
  }

  /// Everything, each under its own name.
  List<NamedSecret> all(SdsClient client) {
    List<NamedSecret> all = new ArrayList<>();
    bundles.forEach((name, bundle) -> all.add(bundle(name, bundle, client)));
    svids.forEach((name, svid) -> all.add(NamedSecret.certificate(name, svid)));
    return all;
  }

  private Optional<NamedSecret> allBundles(String name, SdsClient client) {
    if (bundles.isEmpty()) {
      return Optional.empty();
    }
    if (!client.validatesBySpiffe(settings)) {
      throw WorkloadStatuses.NO_SPIFFE_VALIDATOR.asException();
    }
    return Optional.of(NamedSecret.spiffeValidator(name, bundles.values()));
  }

  private NamedSecret bundle(String name, SpiffeBundle bundle, SdsClient client) {
    return client.validatesBySpiffe(settings)
        ? NamedSecret.spiffeValidator(name, List.of(bundle))
        : NamedSecret.authorities(name, bundle);
  }

  private void add(SpiffeBundle bundle) {
    bundles.put(bundle.trustDomain().id().toString(), bundle);
  }

  private static boolean isUsable(SpiffeBundle bundle) {
    return !bundle.x509Authorities().isEmpty();
  }
}
