package dev.entente.agent;

import dev.entente.agent.AgentConfig.Attestor;
import dev.entente.agent.endpoint.SdsSettings;
import dev.entente.agent.endpoint.SpiffeBrokerSettings;
import dev.entente.agent.endpoint.WorkloadApiLimits;
import dev.entente.agent.endpoint.WorkloadProfile;
import dev.entente.agent.node.BrokerAddress;
import dev.entente.agent.node.RebootstrapPolicy;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.ConfigSection;
import dev.entente.runtime.DefaultPlaces;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogOptions;
import dev.entente.runtime.SectionSettings;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/// Turns the keys of an agent file into an [AgentConfig], with the defaults.
final class AgentConfigReader {
  private static final TrustDomain STAND_IN = TrustDomain.parse("unset.invalid");
  private static final BrokerAddress STAND_IN_BROKER = new BrokerAddress("unset.invalid", 1);

  private static final int CACHE_MAX = 1_000_000;
  private static final int LIMIT_MAX = 1_000_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration YEAR = Duration.ofDays(366);

  /// The rule of SPIRE: below a day the target would mean rotating all the time.
  private static final Duration AVAILABILITY_MIN = DAY;

  private final DefaultPlaces places = DefaultPlaces.ofProcess();
  private final ConfigSection root;
  private final TrustDomain trustDomain;

  private AgentConfigReader(ConfigSection root) {
    this.root = root;
    this.trustDomain = root.require("trust-domain", TrustDomain::parse, STAND_IN);
  }

  /// Reads every key; problems are left in `root`.
  static AgentConfig read(ConfigSection root) {
    return new AgentConfigReader(root).read();
  }

  private AgentConfig read() {
    var socket = root.socket("socket", places.workloadSocket());
    return new AgentConfig(
        trustDomain,
        root.path("data-dir").orElseGet(() -> places.dataDir("agent")),
        brokers(),
        socket,
        apartFrom(socket, root, "admin-socket", root.socket("admin-socket", places.agentSocket())),
        BootstrapReader.read(root),
        rebootstrap(),
        attestor(),
        workloadAttestors(),
        svidStores(),
        svid(),
        LogOptions.read(root.sectionOrEmpty("log")),
        root.sectionOrEmpty("ops").parse("address", ListenAddress::parse),
        root.flag("allow-unauthenticated-verifiers", false),
        Set.copyOf(root.texts("allowed-foreign-jwt-claims")),
        ofThisDomain(root, "authorized-delegates"),
        sds(),
        spiffeBroker(socket),
        profiles(),
        limits(),
        root.duration(
            "sync-interval", Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofHours(1)));
  }

  private Set<WorkloadProfile> profiles() {
    var profiles = new HashSet<>(stableProfiles());
    if (root.flag("wit-svids", false)) {
      profiles.add(WorkloadProfile.WIT);
    }
    return profiles;
  }

  private Set<WorkloadProfile> stableProfiles() {
    if (!root.has("profiles")) {
      return WorkloadProfile.STABLE;
    }
    var named = Set.copyOf(root.parseAll("profiles", WorkloadProfile::parse));
    if (named.isEmpty()) {
      root.problem("profiles", "names no profile: at least one of x509 and jwt is needed");
    }
    return named;
  }

  private List<BrokerAddress> brokers() {
    var brokers = List.copyOf(new LinkedHashSet<>(root.parseAll("brokers", BrokerAddress::parse)));
    if (brokers.isEmpty()) {
      root.problem("brokers", "names no broker: the host:port of at least one broker is needed");
      return List.of(STAND_IN_BROKER);
    }
    return brokers;
  }

  /// Reports a socket that workloads could reach.
  private static Path apartFrom(
      Path workloadSocket, ConfigSection section, String key, Path socket) {
    var shared = workloadSocket.getParent();
    if (shared != null && socket.startsWith(shared)) {
      section.problem(
          key, "lies below " + shared + ", which is handed to workloads together with \"socket\"");
    }
    return socket;
  }

  /// Whoever stands between agent and broker could bring about that trust is established anew; so
  /// that must not happen without a bundle to judge by.
  private RebootstrapPolicy rebootstrap() {
    var section = root.sectionOrEmpty("rebootstrap");
    var mode = section.parse("mode", AgentConfigReader::mode).orElse(RebootstrapPolicy.Mode.NEVER);
    if (mode != RebootstrapPolicy.Mode.NEVER && BootstrapReader.isInsecure(root)) {
      section.problem(
          "mode",
          "must be never with insecure-bootstrap: an impostor would be trusted after the delay;"
              + " name a trust bundle instead");
    }
    return new RebootstrapPolicy(
        mode, section.duration("delay", Duration.ofMinutes(10), Duration.ZERO, YEAR));
  }

  private static RebootstrapPolicy.Mode mode(String text) {
    return switch (text) {
      case "never" -> RebootstrapPolicy.Mode.NEVER;
      case "auto" -> RebootstrapPolicy.Mode.AUTO;
      case "always" -> RebootstrapPolicy.Mode.ALWAYS;
      default ->
          throw new IllegalArgumentException("\"" + text + "\" is none of always, auto, never");
    };
  }

  private Attestor attestor() {
    var providers = new TreeMap<String, EvidenceSource.Provider>();
    ServiceLoader.load(EvidenceSource.Provider.class).forEach(it -> providers.put(it.type(), it));
    var chosen = root.sections("attestor");
    if (chosen.size() != 1) {
      root.problem(
          "attestor",
          "exactly one attestor is needed, found "
              + chosen.size()
              + "; there are "
              + String.join(", ", providers.keySet()));
    }
    for (var named : chosen.entrySet()) {
      var provider = providers.get(named.getKey());
      if (provider != null) {
        var settings = new SectionSettings(named.getValue());
        return new Attestor(named.getKey(), provider.create(trustDomain, settings));
      }
      root.problem("attestor", unknown(named.getKey(), providers.keySet()));
    }
    return new Attestor("unset", AgentConfigReader::noEvidence);
  }

  private static EvidenceSource.Session noEvidence() throws AttestationFault {
    throw new AttestationFault("no attestor is configured");
  }

  private Map<String, WorkloadAttestor> workloadAttestors() {
    var providers = new TreeMap<String, WorkloadAttestor.Provider>();
    ServiceLoader.load(WorkloadAttestor.Provider.class).forEach(it -> providers.put(it.type(), it));
    var sections = new LinkedHashMap<>(root.sections("workload-attestors"));
    if (sections.isEmpty()) {
      sections.put("unix", root.sectionOrEmpty("workload-attestors").sectionOrEmpty("unix"));
    }
    var attestors = new LinkedHashMap<String, WorkloadAttestor>();
    sections.forEach((type, section) -> {
      var provider = providers.get(type);
      if (provider == null) {
        root.problem("workload-attestors", unknown(type, providers.keySet()));
      } else {
        attestors.put(type, provider.create(new SectionSettings(section)));
      }
    });
    return attestors;
  }

  private Map<String, SvidStore> svidStores() {
    var providers = new TreeMap<String, SvidStore.Provider>();
    ServiceLoader.load(SvidStore.Provider.class).forEach(it -> providers.put(it.type(), it));
    var stores = new LinkedHashMap<String, SvidStore>();
    root.sections("svid-stores")
        .forEach((type, section) -> {
          var provider = providers.get(type);
          if (provider == null) {
            root.problem("svid-stores", unknown(type, providers.keySet()));
          } else {
            stores.put(type, provider.create(new SectionSettings(section)));
          }
        });
    return stores;
  }

  private static String unknown(String type, Set<String> known) {
    return "\"" + type + "\" is none of " + String.join(", ", known);
  }

  private Set<SpiffeId> ofThisDomain(ConfigSection section, String key) {
    var ids = section.parseAll(key, SpiffeId::parse);
    for (var id : ids) {
      if (!id.isMemberOf(trustDomain) && !trustDomain.equals(STAND_IN)) {
        section.problem(
            key, "\"" + id + "\" is of another trust domain: no process of this node can be it");
      }
    }
    return Set.copyOf(ids);
  }

  private Optional<SpiffeBrokerSettings> spiffeBroker(Path workloadSocket) {
    var section = root.sectionOrEmpty("spiffe-broker-api");
    boolean isEnabled = section.flag("enabled", false);
    var socket = section.socket("socket", places.spiffeBrokerSocket());
    var brokers = ofThisDomain(section, "authorized-brokers");
    return isEnabled
        ? Optional.of(
            new SpiffeBrokerSettings(apartFrom(workloadSocket, section, "socket", socket), brokers))
        : Optional.empty();
  }

  private Optional<SdsSettings> sds() {
    var section = root.sectionOrEmpty("sds");
    boolean isEnabled = section.flag("enabled", true);
    var otherwise = SdsSettings.DEFAULT;
    var svid = secretName(section, "default-svid-name", otherwise.defaultSvidName());
    var bundle = secretName(section, "default-bundle-name", otherwise.defaultBundleName());
    var all = secretName(section, "default-all-bundles-name", otherwise.defaultAllBundlesName());
    boolean plain =
        section.flag("disable-spiffe-cert-validation", otherwise.disableSpiffeCertValidation());
    if (!SdsSettings.areDistinct(svid, bundle, all)) {
      root.problem("sds", "two of the default names are equal: each has to mean one thing");
      return Optional.empty();
    }
    return isEnabled ? Optional.of(new SdsSettings(svid, bundle, all, plain)) : Optional.empty();
  }

  private static String secretName(ConfigSection section, String key, String otherwise) {
    return section.parse(key, SdsSettings::requireName).orElse(otherwise);
  }

  private WorkloadApiLimits limits() {
    var limits = root.sectionOrEmpty("limits");
    var otherwise = WorkloadApiLimits.DEFAULT;
    return new WorkloadApiLimits(
        limits.integer("connections", otherwise.connectionsMax(), 1, LIMIT_MAX),
        limits.integer("connections-per-user", otherwise.connectionsPerUserMax(), 1, LIMIT_MAX),
        limits.integer("streams", otherwise.streamsMax(), 1, LIMIT_MAX),
        limits.integer("streams-per-user", otherwise.streamsPerUserMax(), 1, LIMIT_MAX));
  }

  private SvidCacheSettings svid() {
    var svid = root.sectionOrEmpty("svid");
    var otherwise = SvidCacheSettings.DEFAULT;
    return new SvidCacheSettings(
        svid.parse("key-type", AgentConfigReader::keyType).orElse(otherwise.keyType()),
        svid.duration("availability-target", Duration.ZERO, AVAILABILITY_MIN, YEAR),
        svid.integer("x509-cache-size", otherwise.x509CacheSize(), 1, CACHE_MAX),
        svid.integer("jwt-cache-size", otherwise.jwtCacheSize(), 1, CACHE_MAX));
  }

  private static KeyAlgorithm keyType(String text) {
    var algorithm = KeyAlgorithm.parse(text);
    if (algorithm == KeyAlgorithm.RSA_4096) {
      throw new IllegalArgumentException(
          "rsa-4096 is not made for workloads, it is slow and gains nothing over an hour");
    }
    return algorithm;
  }
}
