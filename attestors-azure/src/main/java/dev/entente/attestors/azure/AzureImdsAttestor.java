package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.SignedMessage;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Judges an attested document of Azure's metadata service.
///
/// 1. The node is given a nonce, and has a document made for it.
/// 2. One certificate of the PKCS#7 message signed it; that certificate, and no other of the
///    message, is the metadata service's.
/// 3. Only the signed bytes are read: the nonce is ours, the document in force.
/// 4. Tenant and scale set are the node's own word: they choose where Azure is asked. The tenant is
///    configured, the subscription inside the document is allowed.
/// 5. Azure Resource Manager, asked with that tenant's credentials, shows exactly one machine with
///    the document's number in the document's subscription. That binds the tenant.
///
/// The document names a machine, and any process on it can have one made. So a machine counts once,
/// until an operator evicts the node.
public final class AzureImdsAttestor implements NodeAttestor {
  private static final String NAME = "azure-imds";
  private static final int NONCE_CHARS = 32;
  private static final String NONCE_ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  /// Azure's rule for names of scale sets.
  private static final Pattern SCALE_SET =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?");

  private final TrustDomain trustDomain;
  private final AzureImdsConfig config;
  private final SignerChain chain;
  private final AzureDirectory directory;
  private final InstantSource clock;

  AzureImdsAttestor(
      TrustDomain trustDomain,
      AzureImdsConfig config,
      SignerChain chain,
      AzureDirectory directory,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.chain = chain;
    this.directory = directory;
    this.clock = clock;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    var nonce = new StringBuilder(NONCE_CHARS);
    for (int i = 0; i < NONCE_CHARS; i++) {
      nonce.append(NONCE_ALPHABET.charAt(RANDOM.nextInt(NONCE_ALPHABET.length())));
    }
    return challenge(nonce.toString()); // 1
  }

  /// Asks for a document made for `nonce`.
  AttestationStep.Challenged challenge(String nonce) {
    return new AttestationStep.Challenged(
        nonce.getBytes(StandardCharsets.US_ASCII),
        response -> {
          try {
            return new AttestationStep.Attested(judge(response, nonce));
          } catch (Refusal e) {
            return e.of(NAME);
          }
        });
  }

  private AttestedNode judge(byte[] response, String nonce) throws Refusal, AttestationFault {
    AzureImdsPayload payload;
    try {
      payload = AzureImdsPayload.parse(response);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
    byte[] signed = signed(payload); // 2
    var document = AttestedDocument.parse(signed); // 3
    document.requireFresh(nonce, clock.instant());
    var tenant = tenant(payload, document); // 4
    var vm = machine(tenant, document, payload.scaleSet()); // 5
    return new AttestedNode(
        agentId(tenant, document),
        selectors(tenant, document, vm),
        false,
        Optional.of(once(document)),
        Map.of(
            "tenant-id", tenant.access().tenantId(),
            "subscription-id", document.subscriptionId(),
            "vm-id", document.vmId(),
            "vm-name", vm.name(),
            "document-sha256", Digests.sha256Hex(signed)));
  }

  private byte[] signed(AzureImdsPayload payload) throws Refusal, AttestationFault {
    Refusal.unless(
        payload.encoding().equals("pkcs7"),
        "encoding-not-allowed",
        "encoded as \"" + payload.encoding() + "\"");
    var message = SignedMessage.read(payload.signature());
    var bag = message.certificates();
    var signer = signer(message.signer(), bag);
    SignerChain.requireUsableKey(signer);
    byte[] content = message.contentSignedBy(signer);
    chain.require(signer, bag, clock.instant());
    return content;
  }

  private static X509Certificate signer(SignedMessage.SignerName name, List<X509Certificate> bag)
      throws Refusal {
    var named = bag.stream().filter(name::isOf).toList();
    Refusal.unless(
        named.size() == 1,
        "unknown-signer",
        named.size() + " certificates of the message are the one that signed");
    return named.getFirst();
  }

  private AzureImdsConfig.Tenant tenant(AzureImdsPayload payload, AttestedDocument document)
      throws Refusal {
    var tenant = config.tenants().get(payload.tenantDomain());
    if (tenant == null) {
      throw new Refusal(
          "tenant-not-allowed", "\"" + payload.tenantDomain() + "\" is not among tenants");
    }
    Refusal.unless(
        tenant.access().allows(document.subscriptionId()),
        "subscription-not-allowed",
        document.subscriptionId() + " is not in restrict-to-subscriptions");
    return tenant;
  }

  private AzureVm machine(
      AzureImdsConfig.Tenant tenant, AttestedDocument document, Optional<String> scaleSet)
      throws Refusal, AttestationFault {
    Refusal.unless(
        scaleSet.isEmpty() || SCALE_SET.matcher(scaleSet.get()).matches(),
        "malformed-scale-set",
        "no scale set is named \"" + scaleSet.orElse("") + "\"");
    var found =
        directory.find(tenant.access(), document.subscriptionId(), document.vmId(), scaleSet);
    Refusal.unless(
        found.size() == 1,
        "vm-not-found",
        "Azure shows " + found.size() + " machines with the number " + document.vmId());
    var vm = found.getFirst();
    Refusal.unless(
        vm.vmId().equalsIgnoreCase(document.vmId()), "other-vm", "Azure shows " + vm.vmId());
    return vm;
  }

  private SpiffeId agentId(AzureImdsConfig.Tenant tenant, AttestedDocument document)
      throws Refusal {
    var values =
        Map.of(
            "TenantID", tenant.access().tenantId(),
            "SubscriptionID", document.subscriptionId(),
            "VMID", document.vmId());
    return config.agentPath().agentId(trustDomain, values);
  }

  private static OneTimeUse once(AttestedDocument document) {
    return new OneTimeUse(AzureImdsPayload.TYPE, Digests.sha256Hex(document.globalName()), false);
  }

  private static List<Selector> selectors(
      AzureImdsConfig.Tenant tenant, AttestedDocument document, AzureVm vm) {
    var values = new ArrayList<String>();
    values.add("subscription-id:" + document.subscriptionId());
    values.add("vm-name:" + vm.name());
    values.add("vm-location:" + vm.location());
    values.add("resource-group:" + vm.resourceGroup());
    // Azure finds a scale set whatever the case the node writes its name in.
    vm.scaleSet().ifPresent(name -> values.add("vmss-name:" + name));
    vm.tags()
        .forEach((key, value) -> {
          if (tenant.vmTags().contains(key)) {
            values.add("vm-tag:" + key + ":" + value);
          }
        });
    vm.securityGroups()
        .forEach(
            id -> values.add("network-security-group:" + id.resourceGroup() + ":" + id.name()));
    vm.subnets()
        .forEach(id -> {
          values.add("virtual-network:" + id.names().getFirst());
          values.add("virtual-network-subnet:" + id.names().getFirst() + ":" + id.name());
        });
    return Selector.ofType(AzureImdsPayload.TYPE, values);
  }

  /// Offers [AzureImdsAttestor]; its keys stand in docs/attestors/azure_imds.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return AzureImdsPayload.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config = AzureImdsConfig.read(settings);
      var issuers = new IssuerCertificates(config.issuers(), IssuerCertificates.Fetch.overHttp());
      return new AzureImdsAttestor(
          trustDomain,
          config,
          new SignerChain(config.metadataDomains(), config.roots(), issuers),
          new ArmDirectory(config.cloud(), new IdentityTokens(config.cloud())),
          InstantSource.system());
    }
  }
}
