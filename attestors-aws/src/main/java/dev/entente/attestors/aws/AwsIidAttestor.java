package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges an EC2 instance identity document.
///
/// 1. The PKCS#7 message is verified with the certificate of the region that signed it.
/// 2. Only the signed bytes are read. What the node sent as the document must be the same bytes.
/// 3. The region inside is the certificate's, the account is allowed and of the organisation, the
///    age is allowed as well.
/// 4. Only then the account is looked into: nobody can make the broker assume a role in an account
///    of his choice.
/// 5. EC2 shows exactly one such instance, it is live, and its root volume came with it.
/// 6. It is a node of an EKS cluster, if it has to be.
/// 7. The roles of its instance profile are looked up.
///
/// A document has no audience, no nonce and no end: whoever reads it once can show it anywhere. So
/// an instance counts once, until an operator evicts the node.
public final class AwsIidAttestor implements NodeAttestor {
  private static final String NAME = "aws-iid";

  /// The clocks of two machines, both kept by NTP or worse.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private final TrustDomain trustDomain;
  private final AwsIidConfig config;
  private final Ec2Directory directory;
  private final Membership organization;
  private final Membership eksClusters;
  private final InstantSource clock;

  AwsIidAttestor(
      TrustDomain trustDomain,
      AwsIidConfig config,
      Ec2Directory directory,
      Membership organization,
      Membership eksClusters,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.directory = directory;
    this.organization = organization;
    this.eksClusters = eksClusters;
    this.clock = clock;
  }

  @Override
  public AttestationStep begin(Presentation presentation) throws AttestationFault {
    AwsIidPayload payload;
    try {
      payload = AwsIidPayload.parse(presentation.payload());
    } catch (IllegalArgumentException e) {
      return new Refusal("malformed", String.valueOf(e.getMessage())).of(NAME);
    }
    try {
      return new AttestationStep.Attested(judge(payload));
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private AttestedNode judge(AwsIidPayload payload) throws Refusal, AttestationFault {
    var now = clock.instant();
    var signed = SignedDocument.verify(payload.rsa2048(), config.certificates(), now); // 1
    var identity = believed(signed, payload); // 2
    allowed(identity, signed.region(), now); // 3
    var instance = InstanceChecks.live(identity, directory.find(identity)); // 4, 5
    if (config.checkRootVolume()) {
      InstanceChecks.rootVolume(instance);
    }
    Refusal.unless( // 6
        eksClusters.holds(identity),
        "not-in-eks-cluster",
        identity.instanceId() + " is in no node group of " + config.eksClusters());
    return node(identity, instance, roles(identity, instance), signed); // 7
  }

  private static InstanceIdentity believed(SignedDocument signed, AwsIidPayload payload)
      throws Refusal {
    byte[] sent = payload.document().getBytes(StandardCharsets.UTF_8);
    Refusal.unless(
        MessageDigest.isEqual(sent, signed.content()),
        "document-not-signed",
        "the document beside the signature is not the signed one");
    return InstanceIdentity.parse(signed.content());
  }

  private void allowed(InstanceIdentity identity, String signedBy, Instant now)
      throws Refusal, AttestationFault {
    Refusal.unless(
        identity.region().equals(signedBy),
        "wrong-region",
        "signed by " + signedBy + ", and says " + identity.region());
    Refusal.unless(
        config.allows(identity.accountId()),
        "account-not-allowed",
        "account " + identity.accountId() + " is not among account-ids");
    var age = Duration.between(identity.pendingTime(), now);
    Refusal.unless(
        age.compareTo(CLOCK_SKEW.negated()) >= 0,
        "started-in-the-future",
        "started at " + identity.pendingTime());
    var max = config.instanceAgeMax();
    Refusal.unless(
        max.isZero() || age.compareTo(max) <= 0,
        "instance-too-old",
        "started " + age + " ago, allowed are " + max);
    Refusal.unless(
        organization.holds(identity),
        "account-not-in-organization",
        "account " + identity.accountId() + " is not an active one of the organisation");
  }

  private List<String> roles(InstanceIdentity identity, Ec2Instance instance)
      throws AttestationFault {
    var arn = instance.profileArn();
    if (!config.askForRoles() || arn.isEmpty()) {
      return List.of();
    }
    return directory.roles(identity, arn.get().substring(arn.get().lastIndexOf('/') + 1));
  }

  private AttestedNode node(
      InstanceIdentity identity, Ec2Instance instance, List<String> roles, SignedDocument signed)
      throws Refusal {
    return new AttestedNode(
        agentId(identity, instance),
        selectors(identity, instance, roles),
        false,
        Optional.of(
            new OneTimeUse(AwsIidPayload.TYPE, Digests.sha256Hex(identity.globalName()), false)),
        Map.of(
            "account-id", identity.accountId(),
            "region", identity.region(),
            "instance-id", identity.instanceId(),
            "image-id", identity.imageId(),
            "pending-time", identity.pendingTime().toString(),
            "document-sha256", Digests.sha256Hex(signed.content())));
  }

  private SpiffeId agentId(InstanceIdentity identity, Ec2Instance instance) throws Refusal {
    var values = new HashMap<String, String>();
    values.put("AccountID", identity.accountId());
    values.put("Region", identity.region());
    values.put("InstanceID", identity.instanceId());
    instance.tags().forEach((key, value) -> values.put("Tags." + key, value));
    return config.agentPath().agentId(trustDomain, values);
  }

  private static List<Selector> selectors(
      InstanceIdentity identity, Ec2Instance instance, List<String> roles) {
    var values = new ArrayList<String>();
    values.add("account_id:" + identity.accountId());
    values.add("az:" + identity.availabilityZone());
    values.add("image:id:" + identity.imageId());
    values.add("instance:id:" + identity.instanceId());
    values.add("region:" + identity.region());
    instance
        .securityGroups()
        .forEach(group -> {
          values.add("sg:id:" + group.id());
          values.add("sg:name:" + group.name());
        });
    instance.tags().forEach((key, value) -> values.add("tag:" + key + ":" + value));
    roles.forEach(role -> values.add("iamrole:" + role));
    return Selector.ofType(AwsIidPayload.TYPE, values);
  }

  /// Offers [AwsIidAttestor]; its keys stand in docs/attestors/aws_iid.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return AwsIidPayload.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var config = AwsIidConfig.read(settings);
      var clients = new SdkClients(config.cloud(), SdkClients.LIMITS);
      return make(trustDomain, config, clients, new AwsCalls(), InstantSource.system());
    }

    private static NodeAttestor make(
        TrustDomain trustDomain,
        AwsIidConfig config,
        SdkClients clients,
        AwsCalls calls,
        InstantSource clock) {
      var organization =
          config
              .organization()
              .map(it ->
                  switch (it) {
                    case Organization.Listed listed -> OrganizationMembership.listed(listed, clock);
                    case Organization.Asked asked ->
                        OrganizationMembership.asked(asked, clients, calls, clock);
                  })
              .orElse(Membership.OF_ANYTHING);
      var eksClusters =
          config.eksClusters().isEmpty()
              ? Membership.OF_ANYTHING
              : new EksMembership(config.eksClusters(), clients, calls, clock);
      return new AwsIidAttestor(
          trustDomain,
          config,
          new SdkEc2Directory(clients, calls),
          organization,
          eksClusters,
          clock);
    }
  }
}
