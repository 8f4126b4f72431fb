package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Judges an access token of a machine's managed identity.
///
/// 1. The token passes the strict gate, is RS256, names a key of Entra ID's, and that key signed
///    it.
/// 2. Its tenant is configured, its issuer is that tenant's, its audience this broker's, and it is
///    in force.
/// 3. It names the machine it was issued on, in an allowed subscription.
/// 4. Azure Resource Manager shows that machine, and the machine has the token's identity.
///
/// A token has no nonce and lives for a day: whoever reads it can show it. So an identity counts
/// once, until an operator evicts the node.
public final class AzureMsiAttestor implements NodeAttestor {
  private static final String NAME = "azure-msi";

  /// SPIRE's leeway; Azure dates tokens five minutes back itself.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private final TrustDomain trustDomain;
  private final AzureMsiConfig config;
  private final PublishedKeys keys;
  private final AzureDirectory directory;
  private final InstantSource clock;

  AzureMsiAttestor(
      TrustDomain trustDomain,
      AzureMsiConfig config,
      PublishedKeys keys,
      AzureDirectory directory,
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
    try {
      return new AttestationStep.Attested(judge(token(presentation.payload())));
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private static byte[] token(byte[] payload) throws Refusal {
    try {
      if (Json.parseObject(payload).get(AzureMsiSource.TOKEN) instanceof String token) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      throw new Refusal("malformed", "the payload has no \"token\"");
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
  }

  private AttestedNode judge(byte[] shown) throws Refusal, AttestationFault, InterruptedException {
    var token = PlatformToken.verify(shown, keys); // 1
    var tenant = tenant(token); // 2
    var principal = token.text("sub", AttestedDocument.UUID).toLowerCase(Locale.ROOT);
    var id = machineOf(token, tenant); // 3
    var vm = machine(tenant, id, principal); // 4
    var tenantId = tenant.access().tenantId();
    return new AttestedNode(
        agentId(tenantId, principal),
        selectors(id, vm),
        false,
        Optional.of(once(tenantId, principal)),
        Map.of(
            "tenant-id",
            tenantId,
            "principal-id",
            principal,
            "vm",
            id.text(),
            "token-sha256",
            Digests.sha256Hex(shown)));
  }

  private AzureMsiConfig.Tenant tenant(PlatformToken token) throws Refusal {
    var tenantId = token.text("tid", AttestedDocument.UUID).toLowerCase(Locale.ROOT);
    var tenant = config.tenants().get(tenantId);
    if (tenant == null) {
      throw new Refusal("tenant-not-allowed", tenantId + " is not among tenants");
    }
    var claims = token.claims();
    Refusal.unless(
        issuers(tenantId).contains(String.valueOf(claims.get("iss"))),
        "wrong-issuer",
        "issued by " + claims.get("iss"));
    Refusal.unless(
        tenant.resourceId().equals(claims.get("aud")),
        "wrong-audience",
        "made for " + claims.get("aud"));
    token.requireInTime(clock.instant(), CLOCK_SKEW);
    return tenant;
  }

  /// Which of the two depends on how the audience's application is registered.
  private Set<String> issuers(String tenantId) {
    return Set.of(
        "https://sts.windows.net/" + tenantId + "/",
        config.cloud().authority() + "/" + tenantId + "/v2.0");
  }

  /// Of an identity that is the machine's own, `xms_mirid` names the machine; of one that was
  /// assigned to it, `xms_az_rid` does.
  private static ArmId machineOf(PlatformToken token, AzureMsiConfig.Tenant tenant) throws Refusal {
    for (var claim : List.of("xms_mirid", "xms_az_rid")) {
      if (token.claims().get(claim) instanceof String text) {
        var id = ArmId.read(text, ArmId.VIRTUAL_MACHINE);
        if (id.isPresent()) {
          Refusal.unless(
              tenant.access().allows(id.get().subscriptionId()),
              "subscription-not-allowed",
              id.get().subscriptionId() + " is not in restrict-to-subscriptions");
          return id.get();
        }
      }
    }
    throw new Refusal("no-vm", "the token was issued on no single machine");
  }

  private AzureVm machine(AzureMsiConfig.Tenant tenant, ArmId id, String principal)
      throws Refusal, AttestationFault {
    var vm = directory.get(tenant.access(), id);
    if (vm.isEmpty()) {
      throw new Refusal("vm-not-found", "Azure has no " + id.text());
    }
    Refusal.unless(
        vm.get().principalIds().stream().anyMatch(principal::equalsIgnoreCase),
        "other-identity",
        id.text() + " does not have the identity " + principal);
    return vm.get();
  }

  private SpiffeId agentId(String tenantId, String principal) throws Refusal {
    return config
        .agentPath()
        .agentId(trustDomain, Map.of("TenantID", tenantId, "PrincipalID", principal));
  }

  private static OneTimeUse once(String tenantId, String principal) {
    return new OneTimeUse(
        AzureMsiSource.TYPE, Digests.sha256Hex(tenantId + "/" + principal), false);
  }

  private static List<Selector> selectors(ArmId id, AzureVm vm) {
    var values = new ArrayList<String>();
    values.add("subscription-id:" + id.subscriptionId());
    values.add("vm-name:" + id.resourceGroup() + ":" + id.name());
    vm.securityGroups()
        .forEach(group ->
            values.add("network-security-group:" + group.resourceGroup() + ":" + group.name()));
    vm.subnets()
        .forEach(subnet -> {
          var network = subnet.resourceGroup() + ":" + subnet.names().getFirst();
          values.add("virtual-network:" + network);
          values.add("virtual-network-subnet:" + network + ":" + subnet.name());
        });
    return Selector.ofType(AzureMsiSource.TYPE, values);
  }

  /// Offers [AzureMsiAttestor]; its keys stand in docs/attestors/azure_msi.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return AzureMsiSource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config = AzureMsiConfig.read(settings);
      var clock = InstantSource.system();
      return new AzureMsiAttestor(
          trustDomain,
          config,
          new PublishedKeys(config.keys(), clock),
          new ArmDirectory(config.cloud(), new IdentityTokens(config.cloud())),
          clock);
    }
  }
}
