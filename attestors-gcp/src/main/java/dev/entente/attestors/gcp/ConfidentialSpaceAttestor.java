package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NonceFirst;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges an attestation token of a Confidential Space.
///
/// 1. The broker sends a nonce; the node has a token made that carries it.
/// 2. The token passes the strict gate, is RS256, names a key of Google's verifier, and that key
///    signed it.
/// 3. Issuer, audience, nonce and times hold.
/// 4. It is a Confidential Space, on hardware that hides its memory, booted securely, in an image
///    Google supports and nobody can look into.
/// 5. Project, container and service account are allowed.
///
/// Such a machine runs one container, which alone reaches the launcher, and keeps nothing over a
/// restart. So the same machine may attest again at any time: the nonce shows that it is there.
public final class ConfidentialSpaceAttestor implements NodeAttestor {
  private static final String NAME = "gcp-confidential-space";
  private static final String ISSUER = "https://confidentialcomputing.googleapis.com";
  private static final String SOFTWARE = "CONFIDENTIAL_SPACE";
  private static final String NO_DEBUG = "disabled-since-boot";

  /// Both machines keep time by NTP.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private final TrustDomain trustDomain;
  private final ConfidentialSpaceConfig config;
  private final PublishedKeys keys;
  private final InstantSource clock;

  ConfidentialSpaceAttestor(
      TrustDomain trustDomain,
      ConfidentialSpaceConfig config,
      PublishedKeys keys,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.keys = keys;
    this.clock = clock;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    return NonceFirst.challenge(NAME, presentation, this::answer); // 1
  }

  /// Judges the token made for `nonce`.
  AttestationStep answer(byte[] token, String nonce) throws AttestationFault, InterruptedException {
    try {
      return new AttestationStep.Attested(judge(token, nonce));
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private AttestedNode judge(byte[] shown, String nonce)
      throws Refusal, AttestationFault, InterruptedException {
    var token = PlatformToken.verify(shown, keys); // 2
    addressed(token, nonce); // 3
    var space = ConfidentialSpace.read(token);
    confidential(space); // 4
    allowed(space); // 5
    return new AttestedNode(
        agentId(space.machine()), selectors(space), true, Optional.empty(), claims(space, shown));
  }

  private void addressed(PlatformToken token, String nonce) throws Refusal {
    var claims = token.claims();
    Refusal.unless(
        ISSUER.equals(claims.get("iss")), "wrong-issuer", "issued by " + claims.get("iss"));
    Refusal.unless(
        config.audience().equals(claims.get("aud")),
        "wrong-audience",
        "made for " + claims.get("aud"));
    var shown = claims.get("eat_nonce");
    Refusal.unless(
        nonce.equals(shown) || List.of(nonce).equals(shown),
        "wrong-nonce",
        "made for another attestation");
    token.requireInTime(clock.instant(), CLOCK_SKEW);
  }

  private void confidential(ConfidentialSpace space) throws Refusal {
    Refusal.unless(
        SOFTWARE.equals(space.software()), "no-confidential-space", "it is " + space.software());
    Refusal.unless(
        config.hardware().contains(space.hardware()),
        "hardware-not-allowed",
        space.hardware() + " is not in hardware-models");
    Refusal.unless(space.secureBoot(), "no-secure-boot", "\"secboot\" is not true");
    if (NO_DEBUG.equals(space.debugStatus())) {
      Refusal.unless(
          config.supportAttribute().isEmpty()
              || space.support().contains(config.supportAttribute()),
          "image-not-supported",
          space.support() + " has no " + config.supportAttribute());
    } else {
      // A debug image has no support attribute.
      Refusal.unless(config.allowDebug(), "debug-image", "dbgstat is " + space.debugStatus());
    }
  }

  private void allowed(ConfidentialSpace space) throws Refusal {
    var projectId = space.machine().projectId();
    Refusal.unless(
        config.projectIds().contains(projectId),
        "project-not-allowed",
        "\"" + projectId + "\" is not in projectid-allow-list");
    var container = space.container();
    Refusal.unless(
        config.imageDigests().isEmpty() || config.imageDigests().contains(container.imageDigest()),
        "image-not-allowed",
        container.imageDigest() + " is not in image-digests");
    Refusal.unless(
        config.allowOverrides() || !container.overridden(),
        "container-overridden",
        "command or variables are not the image's own");
    Refusal.unless(
        config.serviceAccounts().isEmpty()
            || !Collections.disjoint(config.serviceAccounts(), space.serviceAccounts()),
        "service-account-not-allowed",
        space.serviceAccounts() + " are not in service-accounts");
  }

  private static List<Selector> selectors(ConfidentialSpace space) {
    var values = new ArrayList<String>();
    values.add("project-id:" + space.machine().projectId());
    values.add("zone:" + space.machine().zone());
    values.add("instance-name:" + space.machine().instanceName());
    values.add("image-digest:" + space.container().imageDigest());
    values.add("image-reference:" + space.container().imageReference());
    values.add("hwmodel:" + space.hardware());
    values.add("dbgstat:" + space.debugStatus());
    space.support().forEach(attribute -> values.add("support-attribute:" + attribute));
    space.serviceAccounts().forEach(account -> values.add("sa:" + account));
    return Selector.ofType(ConfidentialSpaceSource.TYPE, values);
  }

  private static Map<String, String> claims(ConfidentialSpace space, byte[] token) {
    return Map.of(
        "project-id", space.machine().projectId(),
        "zone", space.machine().zone(),
        "instance-id", space.machine().instanceId(),
        "instance-name", space.machine().instanceName(),
        "image-digest", space.container().imageDigest(),
        "hwmodel", space.hardware(),
        "dbgstat", space.debugStatus(),
        "token-sha256", Digests.sha256Hex(token));
  }

  private SpiffeId agentId(ConfidentialSpace.Machine machine) throws Refusal {
    var values =
        Map.of(
            "ProjectID", machine.projectId(),
            "ProjectNumber", machine.projectNumber(),
            "Zone", machine.zone(),
            "InstanceID", machine.instanceId(),
            "InstanceName", machine.instanceName());
    return config.agentPath().agentId(trustDomain, values);
  }

  /// Offers [ConfidentialSpaceAttestor]; its keys stand in
  /// docs/attestors/gcp_confidential_space.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return ConfidentialSpaceSource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config = ConfidentialSpaceConfig.read(trustDomain, settings);
      var clock = InstantSource.system();
      return new ConfidentialSpaceAttestor(
          trustDomain, config, new PublishedKeys(config.keys(), clock), clock);
    }
  }
}
