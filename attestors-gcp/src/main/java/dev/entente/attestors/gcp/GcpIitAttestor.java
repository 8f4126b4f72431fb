package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Nonce;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;

/// Judges an identity token of a Compute Engine instance.
///
/// 1. The token passes the strict gate, is RS256 and names a key of Google's.
/// 2. That key signed it.
/// 3. Issuer, audience and times hold.
/// 4. It speaks of an instance, of an allowed project.
/// 5. If the configuration asks for it, the node has a second token made whose audience carries a
///    fresh nonce, and that token passes 1 to 4 and speaks of the same instance.
/// 6. If the configuration asks for it, the Compute API shows that very instance, and it is live.
///
/// Without 5, whoever reads a token can show it for an hour. So an instance counts once, until an
/// operator evicts the node.
public final class GcpIitAttestor implements NodeAttestor {
  private static final String NAME = "gcp-iit";
  private static final String ISSUER = "https://accounts.google.com";

  /// SPIRE's leeway; both machines keep time by NTP.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private final TrustDomain trustDomain;
  private final GcpIitConfig config;
  private final PublishedKeys keys;
  private final GcpDirectory directory;
  private final InstantSource clock;

  /// @param directory asked only if the configuration says so
  GcpIitAttestor(
      TrustDomain trustDomain,
      GcpIitConfig config,
      PublishedKeys keys,
      GcpDirectory directory,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.keys = keys;
    this.directory = directory;
    this.clock = clock;
  }

  @Override
  public AttestationStep begin(Presentation presentation)
      throws AttestationFault, InterruptedException {
    byte[] token = presentation.payload();
    try {
      var identity = judge(token, config.audience());
      return config.requireNonce() ? challenge(identity) : attested(identity, token);
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private AttestationStep challenge(GcpIdentity first) {
    var nonce = Nonce.fresh();
    return new AttestationStep.Challenged(
        nonce.getBytes(StandardCharsets.US_ASCII),
        token -> {
          try {
            var second = judge(token, GcpAudience.with(config.audience(), nonce));
            Refusal.unless(
                second.equals(first),
                "other-instance",
                "first " + first.globalName() + ", then " + second.globalName());
            return attested(second, token);
          } catch (Refusal e) {
            return e.of(NAME);
          }
        });
  }

  private GcpIdentity judge(byte[] shown, String audience)
      throws Refusal, AttestationFault, InterruptedException {
    var token = PlatformToken.verify(shown, keys); // 1, 2
    var claims = token.claims();
    Refusal.unless( // 3
        ISSUER.equals(claims.get("iss")), "wrong-issuer", "issued by " + claims.get("iss"));
    Refusal.unless(
        audience.equals(claims.get("aud")), "wrong-audience", "made for " + claims.get("aud"));
    token.requireInTime(clock.instant(), CLOCK_SKEW);
    var identity = GcpIdentity.read(token); // 4
    Refusal.unless(
        config.projectIds().contains(identity.projectId()),
        "project-not-allowed",
        "\"" + identity.projectId() + "\" is not in projectid-allow-list");
    return identity;
  }

  private AttestationStep attested(GcpIdentity identity, byte[] token)
      throws Refusal, AttestationFault {
    var values = new ArrayList<String>();
    values.add("project-id:" + identity.projectId());
    values.add("zone:" + identity.zone());
    values.add("instance-name:" + identity.instanceName());
    values.add("sa:" + identity.serviceAccount());
    if (config.metadata().isPresent()) { // 6
      values.addAll(config.metadata().get().selectors(identity, directory.find(identity)));
    }
    var selectors = Selector.ofType(GcpIitSource.TYPE, values);
    return new AttestationStep.Attested(
        new AttestedNode(
            agentId(identity),
            selectors,
            false,
            Optional.of(once(identity)),
            claims(identity, token)));
  }

  private static OneTimeUse once(GcpIdentity identity) {
    return new OneTimeUse(GcpIitSource.TYPE, Digests.sha256Hex(identity.globalName()), false);
  }

  private static Map<String, String> claims(GcpIdentity identity, byte[] token) {
    return Map.of(
        "project-id", identity.projectId(),
        "zone", identity.zone(),
        "instance-id", identity.instanceId(),
        "instance-name", identity.instanceName(),
        "service-account", identity.serviceAccount(),
        "token-sha256", Digests.sha256Hex(token));
  }

  private SpiffeId agentId(GcpIdentity identity) throws Refusal {
    var values =
        Map.of(
            "ProjectID", identity.projectId(),
            "ProjectNumber", Long.toString(identity.projectNumber()),
            "Zone", identity.zone(),
            "InstanceID", identity.instanceId(),
            "InstanceName", identity.instanceName(),
            "InstanceCreationTimestamp", Long.toString(identity.createdAtSeconds()),
            "ServiceAccount", identity.serviceAccount().replace('@', '_'));
    return config.agentPath().agentId(trustDomain, values);
  }

  /// Offers [GcpIitAttestor]; its keys stand in docs/attestors/gcp_iit.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return GcpIitSource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config = GcpIitConfig.read(settings);
      var clock = InstantSource.system();
      return new GcpIitAttestor(
          trustDomain, config, new PublishedKeys(config.keys(), clock), directory(config), clock);
    }

    private static GcpDirectory directory(GcpIitConfig config) {
      return config
          .metadata()
          .<GcpDirectory>map(it -> new ComputeDirectory(it, ComputeDirectory.TIME_LIMIT))
          .orElse(_ -> Optional.empty());
    }
  }
}
