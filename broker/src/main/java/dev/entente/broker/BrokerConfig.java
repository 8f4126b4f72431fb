package dev.entente.broker;

import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.broker.api.RateLimits;
import dev.entente.broker.audit.AuditRetention;
import dev.entente.broker.authority.JwtAlgorithmRule;
import dev.entente.broker.authority.SubjectName;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.runtime.ConfigFile;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogOptions;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Everything an operator can choose, complete and checked: past this record nothing can be
/// misconfigured. `broker-example.yaml` shows every key with its meaning.
///
/// @param trustDomain `trust-domain`: the domain this broker issues for; the only key without a
///   default
/// @param dataDir `data-dir`: the store, the keys and the audit log
/// @param listen `listen`: where agents connect, gRPC over TLS 1.3
/// @param socket `socket`: the private Unix socket; who can open it administers the broker
/// @param log `log`: what is written where
/// @param ops `ops.address`: HTTP address of `/live`, `/ready` and `/metrics`; off if empty
/// @param ca `ca`: the X.509 authorities
/// @param upstream `upstream-authority`: who signs the X.509 authorities; they themselves if empty
/// @param svid `svid`: lifetimes of what is issued
/// @param jwt `jwt-…`, `oidc-lead`: the JWT authorities
/// @param witSvids `wit-svids`: whether there are WIT-SVIDs, whose standard may still change
/// @param refreshHint `refresh-hint`: how often readers of our bundle should read it again
/// @param adminIds `admin-ids`: SPIFFE IDs, of any domain with a known bundle, that administer
/// @param attestors `attestors`: by attestation type, which evidence is accepted
/// @param listeners `listeners`: HTTPS surfaces
/// @param federation `federation`, `federates-with-policy`: whose bundles are fetched
/// @param limits `limits`: what one caller may ask for
/// @param connections `limits`: how many connections the listeners have room for
/// @param keyManager `key-manager`: where private keys are kept
/// @param maxViewAge `max-view-age`: for how long known agents are served while the store is away
/// @param prune `prune`: when what has expired is removed
/// @param audit `audit`: for how long the audit log is kept
public record BrokerConfig(
    TrustDomain trustDomain,
    Path dataDir,
    ListenAddress listen,
    Path socket,
    LogOptions log,
    Optional<ListenAddress> ops,
    Ca ca,
    Optional<Upstream> upstream,
    Svid svid,
    Jwt jwt,
    boolean witSvids,
    Duration refreshHint,
    Set<SpiffeId> adminIds,
    Map<String, NodeAttestor> attestors,
    List<Listener> listeners,
    Federation federation,
    RateLimits.Settings limits,
    Connections connections,
    KeyManagerKind keyManager,
    Duration maxViewAge,
    Prune prune,
    AuditRetention audit) {
  public BrokerConfig {
    adminIds = Set.copyOf(adminIds);
    attestors = Map.copyOf(attestors);
    listeners = List.copyOf(listeners);
  }

  /// Connections open at once.
  ///
  /// @param tcpMax `limits.connections`: of the listener for agents, half of them for peers that
  ///   have shown a certificate
  /// @param tcpPerPeerMax `limits.connections-per-peer`: of one address, then of one SPIFFE ID
  /// @param httpsMax `limits.https-connections`: of all HTTPS listeners together
  /// @param httpsPerAddressMax `limits.https-connections-per-address`
  public record Connections(int tcpMax, int tcpPerPeerMax, int httpsMax, int httpsPerAddressMax) {
    /// An agent has one connection, two for a moment. A thousand behind one address may shake hands
    /// together; a proxy in front of the HTTPS listeners is one address as well.
    public static final Connections DEFAULT = new Connections(20_000, 1_000, 8_000, 1_000);
  }

  /// Reads a file.
  ///
  /// @throws dev.entente.runtime.ConfigException with every problem of the file
  public static BrokerConfig load(Path file) {
    return ConfigFile.load(file, BrokerConfigReader::read);
  }

  /// Reads text that is no file yet; `name` stands in messages, and relative paths are relative to
  /// the working directory.
  ///
  /// @throws dev.entente.runtime.ConfigException with every problem of the text
  public static BrokerConfig parse(String name, String yaml) {
    return ConfigFile.load(ConfigFile.parse(name, yaml), BrokerConfigReader::read);
  }

  /// Where private keys live.
  public enum KeyManagerKind {
    /// Files under the data directory, mode 0600.
    DISK,
    /// This process only: every restart makes a new authority. For trials.
    MEMORY
  }

  /// `ca`.
  ///
  /// @param keyType `key-type`: `ec-p256`, `ec-p384`, `rsa-2048` or `rsa-4096`
  /// @param ttl `ttl`: lifetime of an authority; the next is prepared at half of it
  /// @param subject `subject`: distinguished name of the certificates, RFC 4514
  public record Ca(KeyAlgorithm keyType, Duration ttl, SubjectName subject) {}

  /// `upstream-authority`.
  public sealed interface Upstream {}

  /// `upstream-authority.disk`; all PEM, read anew for each rotation.
  ///
  /// @param certificate `certificate-file`: the signing certificate, then what leads to a root
  /// @param key `key-file`: its key, PKCS#8
  /// @param bundle `bundle-file`: the roots; empty if the certificate is itself the root
  public record UpstreamFiles(Path certificate, Path key, Optional<Path> bundle)
      implements Upstream {}

  /// `upstream-authority.spire`.
  ///
  /// @param address `server`: the server above, SPIRE's or another broker
  /// @param workloadApi `workload-api-socket`: of an agent of that server, which knows this process
  ///   as a downstream entry
  public record UpstreamServer(ListenAddress address, Path workloadApi) implements Upstream {}

  /// `svid`.
  ///
  /// @param x509Ttl `x509-ttl`: of entries that do not say
  /// @param jwtTtl `jwt-ttl`: of entries that do not say
  /// @param agentTtl `agent-ttl`: of agents
  public record Svid(Duration x509Ttl, Duration jwtTtl, Duration agentTtl) {}

  /// How JWT-SVIDs are signed.
  ///
  /// @param issuer `jwt-issuer`: goes into `iss`; needed for an `oidc` listener
  /// @param algorithm `jwt-algorithm` and `jwt-rs256-audiences`: which key signs
  /// @param lead `oidc-lead`: how long a key is published before it signs
  public record Jwt(Optional<OidcIssuer> issuer, JwtAlgorithmRule algorithm, Duration lead) {}

  /// One entry of `listeners`: an HTTPS surface with its own names and certificate.
  ///
  /// @param kind `kind`: what it serves
  /// @param address `address`: where it listens
  /// @param hosts `hosts`: the names it answers to; any if empty
  /// @param certificate `certificate-file` and `key-file`; empty for `bundle-https-spiffe`, which
  ///   shows the broker's own SVID
  /// @param path `path`: where the document is
  /// @param movedTo `moved-to`: the endpoint to ask instead for the time being; only for a bundle
  public record Listener(
      Kind kind,
      ListenAddress address,
      Set<String> hosts,
      Optional<CertificateFiles> certificate,
      String path,
      Optional<URI> movedTo) {
    public Listener {
      hosts = Set.copyOf(hosts);
    }

    /// What a listener serves.
    public enum Kind {
      /// Our bundle, authenticated by our own SVID (Federation §5.2.2).
      BUNDLE_HTTPS_SPIFFE,
      /// Our bundle, authenticated by a Web PKI certificate (Federation §5.2.1).
      BUNDLE_HTTPS_WEB,
      /// The OpenID discovery document and the JWKS.
      OIDC
    }
  }

  /// A certificate chain and its key in PEM; read again when they change.
  public record CertificateFiles(Path certificate, Path key) {}

  /// `federation`.
  ///
  /// @param federatesWith `federates-with`: by trust domain, where its bundle is fetched
  /// @param strict `federates-with-policy`: whether an entry may only federate with a domain whose
  ///   bundle is known
  /// @param allowPrivateAddresses `allow-private-addresses`: whether endpoints may be in our own
  ///   network
  /// @param followRedirects `follow-redirects`: whether one fetch follows up to three redirects
  /// @param webAuthorities `web-ca-file`: PEM of whom `https_web` trusts; the platform's own if
  ///   empty
  public record Federation(
      Map<TrustDomain, Peer> federatesWith,
      boolean strict,
      boolean allowPrivateAddresses,
      boolean followRedirects,
      Optional<Path> webAuthorities) {
    public Federation {
      federatesWith = Map.copyOf(federatesWith);
    }

    /// One entry of `federates-with`.
    ///
    /// @param url `url`: the bundle endpoint, https
    /// @param endpointSpiffeId `endpoint-spiffe-id`: who answers there under profile
    ///   `https_spiffe`; empty under `https_web`
    /// @param bundleFile `bundle-file`: the first bundle, needed to authenticate `https_spiffe`
    public record Peer(URI url, Optional<SpiffeId> endpointSpiffeId, Optional<Path> bundleFile) {}
  }

  /// `prune`.
  ///
  /// @param every `every`: how often it runs
  /// @param nodesExpiredFor `nodes-expired-for`: node rows expired this long are removed; never if
  ///   empty
  /// @param tofuNodes `tofu-nodes`: also those that cannot attest again
  public record Prune(Duration every, Optional<Duration> nodesExpiredFor, boolean tofuNodes) {}
}
