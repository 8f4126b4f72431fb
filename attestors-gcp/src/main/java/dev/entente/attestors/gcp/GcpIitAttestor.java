package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.CompactJws;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Judges an identity token of a Compute Engine instance.
///
/// 1. The token passes the strict gate, is RS256 and names a key of Google's.
/// 2. That key signed it.
/// 3. Issuer, audience and times hold.
/// 4. It speaks of an instance, of an allowed project.
/// 5. If the configuration asks for it, the node has a second token made whose audience carries a
///    fresh nonce, and that token passes 1 to 4 and speaks of the same instance.
///
/// Without 5, whoever reads a token can show it for an hour. So an instance counts once, until an
/// operator evicts the node.
public final class GcpIitAttestor implements NodeAttestor {
  private static final String ISSUER = "https://accounts.google.com";

  /// SPIRE's leeway; both machines keep time by NTP.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private final TrustDomain trustDomain;
  private final GcpIitConfig config;
  private final GoogleKeys keys;
  private final InstantSource clock;

  GcpIitAttestor(
      TrustDomain trustDomain, GcpIitConfig config, GoogleKeys keys, InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.keys = keys;
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
      return new AttestationStep.Refused(e.code(), e.detail());
    }
  }

  private AttestationStep challenge(GcpIdentity first) {
    var nonce = GcpAudience.nonce();
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
            return new AttestationStep.Refused(e.code(), e.detail());
          }
        });
  }

  private GcpIdentity judge(byte[] token, String audience)
      throws Refusal, AttestationFault, InterruptedException {
    var claims = verified(token); // 1, 2
    Refusal.unless(
        ISSUER.equals(claims.get("iss")), "wrong-issuer", "issued by " + claims.get("iss"));
    Refusal.unless( // 3
        audience.equals(claims.get("aud")), "wrong-audience", "made for " + claims.get("aud"));
    inTime(claims, clock.instant());
    var identity = GcpIdentity.read(claims); // 4
    Refusal.unless(
        config.projectIds().contains(identity.projectId()),
        "project-not-allowed",
        "\"" + identity.projectId() + "\" is not in projectid-allow-list");
    return identity;
  }

  private Map<String, Object> verified(byte[] token)
      throws Refusal, AttestationFault, InterruptedException {
    CompactJws jws;
    try {
      jws = CompactJws.parse(new String(token, StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
    Refusal.unless(
        jws.algorithm() == JwsAlgorithm.RS256, "algorithm-not-allowed", jws.algorithm().name());
    var keyId = jws.keyId().orElse("");
    var key = keys.find(keyId);
    if (key.isEmpty()) {
      throw new Refusal("unknown-key", "Google has no key \"" + keyId + "\"");
    }
    return jws.claimsIfSignedBy(key.get())
        .orElseThrow(() -> new Refusal("wrong-signature", "the key did not sign the token"));
  }

  private static void inTime(Map<String, Object> claims, Instant now) throws Refusal {
    var issuedAt = time(claims, "iat");
    var expiresAt = time(claims, "exp");
    Refusal.unless(now.isBefore(expiresAt.plus(CLOCK_SKEW)), "expired", "expired at " + expiresAt);
    Refusal.unless(
        !issuedAt.isAfter(now.plus(CLOCK_SKEW)), "issued-in-the-future", "issued at " + issuedAt);
  }

  private static Instant time(Map<String, Object> claims, String name) throws Refusal {
    if (claims.get(name) instanceof Long seconds && Math.abs(seconds) < Integer.MAX_VALUE * 16L) {
      return Instant.ofEpochSecond(seconds);
    }
    throw new Refusal("no-time", "\"" + name + "\" is not a time");
  }

  private AttestationStep attested(GcpIdentity identity, byte[] token) throws Refusal {
    var selectors =
        Stream.of(
                "project-id:" + identity.projectId(),
                "zone:" + identity.zone(),
                "instance-name:" + identity.instanceName(),
                "sa:" + identity.serviceAccount())
            .map(value -> new Selector(GcpIitSource.TYPE, value))
            .toList();
    return new AttestationStep.Attested(
        new AttestedNode(
            agentId(identity),
            selectors,
            false,
            Optional.of(once(identity)),
            claims(identity, token)));
  }

  private static OneTimeUse once(GcpIdentity identity) {
    byte[] name = identity.globalName().getBytes(StandardCharsets.UTF_8);
    return new OneTimeUse(GcpIitSource.TYPE, sha256Hex(name), false);
  }

  private static Map<String, String> claims(GcpIdentity identity, byte[] token) {
    return Map.of(
        "project-id", identity.projectId(),
        "zone", identity.zone(),
        "instance-id", identity.instanceId(),
        "instance-name", identity.instanceName(),
        "service-account", identity.serviceAccount(),
        "token-sha256", sha256Hex(token));
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
    try {
      return config.agentPath().render(trustDomain, values);
    } catch (IllegalArgumentException e) {
      throw new Refusal("no-agent-id", String.valueOf(e.getMessage()));
    }
  }

  private static String sha256Hex(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
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
      return new GcpIitAttestor(trustDomain, config, new GoogleKeys(config.keys(), clock), clock);
    }
  }
}
