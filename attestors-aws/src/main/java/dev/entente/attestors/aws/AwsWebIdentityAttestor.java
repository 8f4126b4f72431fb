package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NonceFirst;
import dev.entente.attestor.spi.OneTimeUse;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Judges a token that AWS's Security Token Service made for a node's role.
///
/// 1. The broker sends a nonce; the node has a token made whose audience carries it.
/// 2. The token names an issuer of the configuration, is RS256, and a key of that issuer signed it.
/// 3. It is made for this broker and this nonce, and in force.
/// 4. Its account, or the account's organisation, is allowed.
/// 5. It is of an EC2 instance; or it is of a role and names which of the role's nodes this is.
///
/// A node counts once, until an operator evicts it: whoever else has the role's credentials can
/// have a token made for a nonce of his own, and nothing in it would say that he is another.
public final class AwsWebIdentityAttestor implements NodeAttestor {
  private static final String NAME = "aws-web-identity";

  /// Both machines keep time by NTP; the token lives a minute.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private final TrustDomain trustDomain;
  private final AwsWebIdentityConfig config;
  private final Map<String, PublishedKeys> keys;
  private final InstantSource clock;

  AwsWebIdentityAttestor(
      TrustDomain trustDomain, AwsWebIdentityConfig config, InstantSource clock) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.keys =
        config.keysByIssuer().entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> new PublishedKeys(entry.getValue(), clock)));
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
    var name =
        WebIdentityAudience.nodeName(
            token.claims().getOrDefault("aud", ""), config.audience(), nonce); // 3
    token.requireInTime(clock.instant(), CLOCK_SKEW);
    var principal = AwsPrincipal.read(token);
    allowed(principal); // 4
    var node = Place.of(principal, name); // 5
    return new AttestedNode(
        agentId(principal, node),
        selectors(principal),
        false,
        Optional.of(once(principal, node)),
        claims(principal, node, shown));
  }

  private void allowed(AwsPrincipal principal) throws Refusal {
    Refusal.unless(
        config.accountIds().isEmpty() || config.accountIds().contains(principal.accountId()),
        "account-not-allowed",
        "account " + principal.accountId() + " is not among account-ids");
    Refusal.unless(
        config.organizationIds().isEmpty()
            || principal.organizationId().filter(config.organizationIds()::contains).isPresent(),
        "organization-not-allowed",
        principal.organizationId().orElse("no organisation") + " is not among organization-ids");
  }

  /// Which node of an account it is. Kinds are kept apart, so that no name of a role makes an
  /// instance of it.
  private record Place(String kind, String holder, String node) {
    static Place of(AwsPrincipal principal, Optional<String> name) throws Refusal {
      if (principal.instance().isPresent()) {
        var instance = principal.instance().get();
        return new Place("instance", instance.region(), instance.id());
      }
      if (name.isEmpty()) {
        throw new Refusal(
            "no-node-name", "the token is of no instance and does not say which node it is");
      }
      return new Place("role", principal.roleName(), name.get());
    }
  }

  private SpiffeId agentId(AwsPrincipal principal, Place place) throws Refusal {
    var values = new HashMap<String, String>();
    values.put("AccountID", principal.accountId());
    values.put("Region", principal.region());
    values.put("OrganizationID", principal.organizationId().orElse(""));
    values.put("Kind", place.kind());
    values.put("Holder", place.holder());
    values.put("Node", place.node());
    principal.tags().forEach((key, value) -> values.put("Tags." + key, value));
    return config.agentPath().agentId(trustDomain, values);
  }

  private static OneTimeUse once(AwsPrincipal principal, Place place) {
    var name = String.join("/", principal.accountId(), place.kind(), place.holder(), place.node());
    return new OneTimeUse(AwsWebIdentitySource.TYPE, Digests.sha256Hex(name), false);
  }

  private static List<Selector> selectors(AwsPrincipal principal) {
    var values = new ArrayList<String>();
    values.add("account_id:" + principal.accountId());
    values.add("region:" + principal.region());
    values.add("iamrole:" + principal.roleArn());
    principal.instance().ifPresent(instance -> values.add("instance:id:" + instance.id()));
    principal.vpcId().ifPresent(vpc -> values.add("vpc:id:" + vpc));
    principal.functionArn().ifPresent(function -> values.add("function:" + function));
    principal.organizationId().ifPresent(id -> values.add("org_id:" + id));
    principal.unitPaths().forEach(path -> values.add("ou_path:" + path));
    principal.tags().forEach((key, value) -> values.add("tag:" + key + ":" + value));
    return Selector.ofType(AwsWebIdentitySource.TYPE, values);
  }

  private static Map<String, String> claims(AwsPrincipal principal, Place place, byte[] token) {
    return Map.of(
        "account-id",
        principal.accountId(),
        "role",
        principal.roleArn(),
        "region",
        principal.region(),
        place.kind().equals("instance") ? "instance-id" : "node-name",
        place.node(),
        "token-sha256",
        Digests.sha256Hex(token));
  }

  /// Offers [AwsWebIdentityAttestor]; its keys stand in docs/attestors/aws_web_identity.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return AwsWebIdentitySource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new AwsWebIdentityAttestor(
          trustDomain, AwsWebIdentityConfig.read(trustDomain, settings), InstantSource.system());
    }
  }
}
