package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// What an operator says of `aws_web_identity`, checked.
///
/// @param keysByIssuer where the keys of each account's issuer are
/// @param accountIds the accounts whose roles may become nodes; empty: all of the organisations
/// @param organizationIds the organisations whose accounts may; empty: only the accounts count
/// @param audience what a node's token must be made for, before nonce and name
record AwsWebIdentityConfig(
    Map<String, URI> keysByIssuer,
    Set<String> accountIds,
    Set<String> organizationIds,
    String audience,
    AgentPathTemplate agentPath) {
  private static final Set<String> VARIABLES =
      Set.of("AccountID", "Region", "OrganizationID", "Kind", "Holder", "Node", "Tags.");

  /// AWS makes one for each account; nobody else can have such a name.
  private static final Pattern ISSUER =
      Pattern.compile("https://[a-z0-9-]+\\.tokens\\.sts\\.global\\.api\\.aws");

  private static final Pattern ORGANIZATION = Pattern.compile("o-[a-z0-9]{10,32}");

  AwsWebIdentityConfig {
    keysByIssuer = Map.copyOf(keysByIssuer);
    accountIds = Set.copyOf(accountIds);
    organizationIds = Set.copyOf(organizationIds);
  }

  /// Reads the attestor's section; mistakes are reported there.
  static AwsWebIdentityConfig read(TrustDomain trustDomain, AttestorSettings settings) {
    var accounts = texts(settings, "account-ids", InstanceIdentity.ACCOUNT_ID);
    var organizations = texts(settings, "organization-ids", ORGANIZATION);
    if (accounts.isEmpty() && organizations.isEmpty()) {
      settings.problem(
          "account-ids", "neither accounts nor organization-ids given, so nobody is allowed");
    }
    return new AwsWebIdentityConfig(
        issuers(settings),
        accounts,
        organizations,
        WebIdentityAudience.read(settings, trustDomain),
        agentPath(settings));
  }

  private static Set<String> texts(AttestorSettings settings, String key, Pattern shape) {
    var texts = settings.texts(key);
    for (var text : texts) {
      if (!shape.matcher(text).matches()) {
        settings.problem(key, "not like " + shape + " (put it in quotes): \"" + text + "\"");
      }
    }
    return Set.copyOf(texts);
  }

  private static Map<String, URI> issuers(AttestorSettings settings) {
    var instead = PlatformAddress.read(settings, "keys-url");
    var issuers = settings.texts("issuers");
    if (issuers.isEmpty()) {
      settings.problem("issuers", "no account's issuer given, so no token could be believed");
    }
    if (instead.isPresent() && issuers.size() > 1) {
      settings.problem("keys-url", "one issuer's keys must not count for " + issuers.size());
    }
    var keys = new HashMap<String, URI>();
    for (var issuer : issuers) {
      if (ISSUER.matcher(issuer).matches()) {
        keys.put(issuer, instead.orElseGet(() -> URI.create(issuer + "/.well-known/jwks.json")));
      } else {
        settings.problem("issuers", "not like " + ISSUER + ": \"" + issuer + "\"");
      }
    }
    return keys;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .AccountID }}/{{ .Kind }}/{{ .Holder }}/{{ .Node }}";
    return AgentPathTemplate.read(settings, AwsWebIdentitySource.TYPE, usual, VARIABLES);
  }
}
