package dev.entente.agent;

import dev.entente.agent.endpoint.SdsSettings;
import dev.entente.agent.endpoint.SpiffeBrokerSettings;
import dev.entente.agent.endpoint.WorkloadApiLimits;
import dev.entente.agent.endpoint.WorkloadProfile;
import dev.entente.agent.node.Bootstrap;
import dev.entente.agent.node.BrokerAddress;
import dev.entente.agent.node.RebootstrapPolicy;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.ConfigFile;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogOptions;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Everything an operator can choose, complete and checked: past this record nothing can be
/// misconfigured. `agent-example.yaml` shows every key with its meaning.
///
/// @param trustDomain `trust-domain`: the domain this node belongs to; required
/// @param dataDir `data-dir`: the agent's own SVID, its key and the trust bundle; mode 0700
/// @param brokers `brokers`: `host:port` of each broker; at least one. Every address a name
///   resolves to counts as a broker
/// @param socket `socket`: the Workload API; every local process may connect
/// @param adminSocket `admin-socket`: for operators, mode 0770
/// @param bootstrap `bootstrap`: by what the broker is recognised at the first attestation; exactly
///   one source
/// @param rebootstrap `rebootstrap`: what to do when no broker is recognised any more
/// @param attestor `attestor`: how this node proves itself; exactly one
/// @param workloadAttestors `workload-attestors`: by type, what tells processes apart; `unix` alone
///   if the key is absent
/// @param svidStores `svid-stores`: by the type of the selectors that name them, where SVIDs of
///   entries with `store_svid` are kept
/// @param svid `svid`: how SVIDs of workloads are kept
/// @param log `log`: what is written where
/// @param ops `ops.address`: HTTP address of `/live`, `/ready` and `/metrics`; off if empty
/// @param allowUnauthenticatedVerifiers `allow-unauthenticated-verifiers`: whether a process
///   without an identity gets the trust bundles
/// @param allowedForeignJwtClaims `allowed-foreign-jwt-claims`: claims of other trust domains'
///   JWT-SVIDs that ValidateJWTSVID answers beside `sub`, `exp` and `aud`
/// @param authorizedDelegates `authorized-delegates`: who may have the identities of others, on
///   `admin-socket`
/// @param sds `sds`: how Envoy's Secret Discovery Service is served on `socket`; not at all if
///   empty
/// @param spiffeBroker `spiffe-broker-api`: how the SPIFFE Broker API is served; not at all if
///   empty
/// @param profiles `profiles` and `wit-svids`: which profiles of the Workload API and the SPIFFE
///   Broker API are served; at least one
/// @param limits `limits`: what callers of the Workload API may occupy
/// @param syncInterval `sync-interval`: how often a broker that cannot push is polled
public record AgentConfig(
    TrustDomain trustDomain,
    Path dataDir,
    List<BrokerAddress> brokers,
    Path socket,
    Path adminSocket,
    Bootstrap bootstrap,
    RebootstrapPolicy rebootstrap,
    Attestor attestor,
    Map<String, WorkloadAttestor> workloadAttestors,
    Map<String, SvidStore> svidStores,
    SvidCacheSettings svid,
    LogOptions log,
    Optional<ListenAddress> ops,
    boolean allowUnauthenticatedVerifiers,
    Set<String> allowedForeignJwtClaims,
    Set<SpiffeId> authorizedDelegates,
    Optional<SdsSettings> sds,
    Optional<SpiffeBrokerSettings> spiffeBroker,
    Set<WorkloadProfile> profiles,
    WorkloadApiLimits limits,
    Duration syncInterval) {
  public AgentConfig {
    brokers = List.copyOf(brokers);
    workloadAttestors = Map.copyOf(workloadAttestors);
    svidStores = Map.copyOf(svidStores);
    allowedForeignJwtClaims = Set.copyOf(allowedForeignJwtClaims);
    authorizedDelegates = Set.copyOf(authorizedDelegates);
    profiles = Set.copyOf(profiles);
  }

  /// `attestor`.
  ///
  /// @param type the attestation type on the wire
  /// @param source collects the evidence
  public record Attestor(String type, EvidenceSource source) {}

  /// Reads a file.
  ///
  /// @throws dev.entente.runtime.ConfigException with every problem of the file
  public static AgentConfig load(Path file) {
    return ConfigFile.load(file, AgentConfigReader::read);
  }

  /// Reads text that is no file yet; `name` stands in messages, and relative paths are relative to
  /// the working directory.
  ///
  /// @throws dev.entente.runtime.ConfigException with every problem of the text
  public static AgentConfig parse(String name, String yaml) {
    return ConfigFile.load(ConfigFile.parse(name, yaml), AgentConfigReader::read);
  }
}
