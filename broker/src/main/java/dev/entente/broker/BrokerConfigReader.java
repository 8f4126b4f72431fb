package dev.entente.broker;

import dev.entente.broker.BrokerConfig.Ca;
import dev.entente.broker.BrokerConfig.Connections;
import dev.entente.broker.BrokerConfig.Federation;
import dev.entente.broker.BrokerConfig.Jwt;
import dev.entente.broker.BrokerConfig.KeyManagerKind;
import dev.entente.broker.BrokerConfig.Prune;
import dev.entente.broker.BrokerConfig.Svid;
import dev.entente.broker.BrokerConfig.Upstream;
import dev.entente.broker.BrokerConfig.UpstreamFiles;
import dev.entente.broker.BrokerConfig.UpstreamServer;
import dev.entente.broker.api.RateLimits;
import dev.entente.broker.attestation.NodeAttestors;
import dev.entente.broker.audit.AuditRetention;
import dev.entente.broker.authority.AuthorityOptions;
import dev.entente.broker.authority.JwtAlgorithmRule;
import dev.entente.broker.authority.JwtAlgorithmRule.Choice;
import dev.entente.broker.authority.SubjectName;
import dev.entente.federation.BundleEndpointUrl;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.runtime.ConfigSection;
import dev.entente.runtime.DefaultPlaces;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogOptions;
import dev.entente.runtime.Units;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/// Turns the keys of a broker file into a [BrokerConfig], with the defaults.
final class BrokerConfigReader {
  private static final TrustDomain STAND_IN = TrustDomain.parse("unset.invalid");

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration YEAR = Duration.ofDays(366);

  /// A log without an end fills the disk one day, and then nothing is issued.
  private static final Duration DEFAULT_RETAIN = Duration.ofDays(90);

  /// Below this an intrusion over a weekend would have left no trace on Monday.
  private static final Duration LEAST_RETAIN = Duration.ofDays(7);

  /// A few segments.
  private static final long LEAST_RETAIN_BYTES = 256L << 20;

  private final DefaultPlaces places = DefaultPlaces.ofProcess();
  private final ConfigSection root;
  private final TrustDomain trustDomain;

  private BrokerConfigReader(ConfigSection root) {
    this.root = root;
    this.trustDomain = root.require("trust-domain", TrustDomain::parse, STAND_IN);
  }

  /// Reads every key; problems are left in `root`.
  static BrokerConfig read(ConfigSection root) {
    return new BrokerConfigReader(root).read();
  }

  private BrokerConfig read() {
    var jwt = jwt();
    var ca = ca();
    var refreshHint = root.duration("refresh-hint", Duration.ofMinutes(5), MINUTE, DAY);
    AuthorityOptions.tooShort(ca.ttl(), refreshHint, jwt.lead())
        .ifPresent(why -> root.problem("ca", why));
    return new BrokerConfig(
        trustDomain,
        root.path("data-dir").orElseGet(() -> places.dataDir("broker")),
        root.parse("listen", ListenAddress::parse).orElse(new ListenAddress("0.0.0.0", 8081)),
        root.socket("socket", places.brokerSocket()),
        LogOptions.read(root.sectionOrEmpty("log")),
        root.sectionOrEmpty("ops").parse("address", ListenAddress::parse),
        ca,
        upstream(),
        svid(),
        jwt,
        witSvids(),
        refreshHint,
        adminIds(),
        NodeAttestors.read(trustDomain, root),
        ListenerReader.read(root, jwt),
        federation(),
        limits(),
        connections(),
        keyManager(),
        root.duration("max-view-age", HOUR, MINUTE, DAY),
        prune(),
        audit());
  }

  private Ca ca() {
    var ca = root.sectionOrEmpty("ca");
    return new Ca(
        ca.parse("key-type", KeyAlgorithm::parse).orElse(KeyAlgorithm.EC_P256),
        ca.duration("ttl", DAY, Duration.ofMinutes(2), YEAR.multipliedBy(10)),
        ca.parse("subject", SubjectName::parse)
            .orElseGet(() -> SubjectName.parse("O=SPIFFE,C=US")));
  }

  private Optional<Upstream> upstream() {
    var upstream = root.section("upstream-authority");
    if (upstream.isEmpty()) {
      return Optional.empty();
    }
    var disk = upstream.get().section("disk");
    var spire = upstream.get().section("spire");
    var files = disk.flatMap(BrokerConfigReader::upstreamFiles);
    var server = spire.flatMap(this::upstreamServer);
    if (disk.isPresent() == spire.isPresent()) {
      root.problem(
          "upstream-authority",
          disk.isPresent()
              ? "names two kinds of authority, keep disk or spire"
              : "names no kind of authority, there are disk and spire");
    }
    return files.or(() -> server);
  }

  /// Below another server keys for WIT-SVIDs would have to be published there, and followed.
  private boolean witSvids() {
    var on = root.flag("wit-svids", false);
    if (on && root.section("upstream-authority").flatMap(it -> it.section("spire")).isPresent()) {
      root.problem("wit-svids", "cannot be on below another server: take out upstream-authority");
    }
    return on;
  }

  private static Optional<Upstream> upstreamFiles(ConfigSection files) {
    var certificate = files.path("certificate-file");
    var key = files.path("key-file");
    var bundle = files.path("bundle-file");
    if (certificate.isEmpty() || key.isEmpty()) {
      files.problem(certificate.isEmpty() ? "certificate-file" : "key-file", "is required");
      return Optional.empty();
    }
    return Optional.of(new UpstreamFiles(certificate.get(), key.get(), bundle));
  }

  private Optional<Upstream> upstreamServer(ConfigSection spire) {
    var socket = spire.socket("workload-api-socket", places.workloadSocket());
    var server = spire.parse("server", ListenAddress::parse);
    if (server.filter(address -> address.port() != 0).isEmpty()) {
      spire.problem("server", server.isEmpty() ? "is required" : "has port 0");
      return Optional.empty();
    }
    return Optional.of(new UpstreamServer(server.get(), socket));
  }

  private Svid svid() {
    var svid = root.sectionOrEmpty("svid");
    var x509 = svid.duration("x509-ttl", HOUR, Duration.ofSeconds(10), YEAR);
    return new Svid(
        x509,
        svid.duration("jwt-ttl", Duration.ofMinutes(5), Duration.ofSeconds(10), DAY),
        svid.duration("agent-ttl", x509, Duration.ofSeconds(10), YEAR));
  }

  private Jwt jwt() {
    var issuer = root.parse("jwt-issuer", OidcIssuer::parse);
    return new Jwt(issuer, algorithmRule(), root.duration("oidc-lead", HOUR, Duration.ZERO, DAY));
  }

  private JwtAlgorithmRule algorithmRule() {
    var choice =
        root.parse(
                "jwt-algorithm",
                oneOf(
                    Map.of(
                        "by-audience", Choice.BY_AUDIENCE,
                        "es256", Choice.ES256,
                        "rs256", Choice.RS256)))
            .orElse(Choice.BY_AUDIENCE);
    var audiences =
        root.has("jwt-rs256-audiences")
            ? root.texts("jwt-rs256-audiences")
            : JwtAlgorithmRule.DEFAULT.rs256Audiences();
    try {
      return new JwtAlgorithmRule(choice, audiences);
    } catch (IllegalArgumentException e) {
      root.problem("jwt-rs256-audiences", String.valueOf(e.getMessage()));
      return JwtAlgorithmRule.DEFAULT;
    }
  }

  private Set<SpiffeId> adminIds() {
    var ids = new LinkedHashSet<SpiffeId>();
    for (var id : root.parseAll("admin-ids", SpiffeId::parse)) {
      if (!id.hasPath()) {
        root.problem("admin-ids", "a trust domain cannot be an administrator: \"" + id + "\"");
      }
      ids.add(id);
    }
    return ids;
  }

  private Federation federation() {
    var peers = new LinkedHashMap<TrustDomain, Federation.Peer>();
    var federation = root.sectionOrEmpty("federation");
    var federatesWith = federation.sectionOrEmpty("federates-with");
    for (var name : federatesWith.keys()) {
      federatesWith.section(name).ifPresent(peer -> addPeer(federatesWith, name, peer, peers));
    }
    var strict =
        root.parse("federates-with-policy", oneOf(Map.of("strict", true, "lenient", false)))
            .orElse(true);
    return new Federation(
        peers,
        strict,
        federation.flag("allow-private-addresses", false),
        federation.flag("follow-redirects", true),
        federation.path("web-ca-file"));
  }

  private void addPeer(
      ConfigSection parent,
      String name,
      ConfigSection peer,
      Map<TrustDomain, Federation.Peer> peers) {
    var url = peer.require("url", BundleEndpointUrl::parse, URI.create("https://unset.invalid"));
    boolean spiffe =
        peer.require("profile", oneOf(Map.of("https_spiffe", true, "https_web", false)), false);
    var endpointId = peer.parse("endpoint-spiffe-id", SpiffeId::parse);
    var bundleFile = peer.path("bundle-file");
    if (spiffe && endpointId.isEmpty()) {
      peer.problem("endpoint-spiffe-id", "is required under profile https_spiffe");
    }
    if (!spiffe && endpointId.isPresent()) {
      peer.problem("endpoint-spiffe-id", "has no meaning under profile https_web");
    }
    try {
      var domain = TrustDomain.parse(name);
      if (domain.equals(trustDomain)) {
        parent.problem(name, "a broker does not federate with its own trust domain");
      }
      peers.put(domain, new Federation.Peer(url, endpointId, bundleFile));
    } catch (IllegalArgumentException e) {
      parent.problem(name, String.valueOf(e.getMessage()));
    }
  }

  private RateLimits.Settings limits() {
    var limits = root.sectionOrEmpty("limits");
    var otherwise = RateLimits.Settings.DEFAULT;
    int most = 10_000_000;
    return new RateLimits.Settings(
        limits.integer("attest-burst", otherwise.attestBurst(), 0, most),
        limits.integer("attest-per-second", otherwise.attestPerSecond(), 0, most),
        limits.integer("csrs-per-second", otherwise.csrsPerSecond(), 0, most),
        limits.integer("jwts-per-second", otherwise.jwtsPerSecond(), 0, most));
  }

  private Connections connections() {
    var limits = root.sectionOrEmpty("limits");
    var otherwise = Connections.DEFAULT;
    int most = 1_000_000;
    return new Connections(
        limits.integer("connections", otherwise.tcpMax(), 2, most),
        limits.integer("connections-per-peer", otherwise.tcpPerPeerMax(), 1, most),
        limits.integer("https-connections", otherwise.httpsMax(), 1, most),
        limits.integer("https-connections-per-address", otherwise.httpsPerAddressMax(), 1, most));
  }

  private KeyManagerKind keyManager() {
    return root.parse(
            "key-manager",
            oneOf(Map.of("disk", KeyManagerKind.DISK, "memory", KeyManagerKind.MEMORY)))
        .orElse(KeyManagerKind.DISK);
  }

  private Prune prune() {
    var prune = root.sectionOrEmpty("prune");
    return new Prune(
        prune.duration("every", Duration.ofMinutes(5), Duration.ofSeconds(1), DAY),
        prune.parse("nodes-expired-for", Units::duration),
        prune.flag("tofu-nodes", false));
  }

  private AuditRetention audit() {
    var audit = root.sectionOrEmpty("audit");
    return new AuditRetention(
        audit.parse("retain", BrokerConfigReader::retain).orElse(Optional.of(DEFAULT_RETAIN)),
        audit
            .parse("retain-size", BrokerConfigReader::retainSize)
            .map(OptionalLong::of)
            .orElseGet(OptionalLong::empty));
  }

  private static Optional<Duration> retain(String text) {
    if (text.equals("forever")) {
      return Optional.empty();
    }
    var age = Units.duration(text);
    if (age.compareTo(LEAST_RETAIN) < 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is too short, the least is " + LEAST_RETAIN + "; or write forever");
    }
    return Optional.of(age);
  }

  private static long retainSize(String text) {
    var bytes = Units.size(text);
    if (bytes < LEAST_RETAIN_BYTES) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is too small, the least is " + LEAST_RETAIN_BYTES + " bytes");
    }
    return bytes;
  }

  private static <T> Function<String, T> oneOf(Map<String, T> choices) {
    return text -> {
      var choice = choices.get(text);
      if (choice == null) {
        throw new IllegalArgumentException(
            "\""
                + text
                + "\" is none of "
                + String.join(", ", choices.keySet().stream().sorted().toList()));
      }
      return choice;
    };
  }
}
