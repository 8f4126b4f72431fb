package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// What an operator says of `aws_iid`, checked.
///
/// @param accountIds the accounts whose instances may become nodes; empty: all of the organisation
/// @param organization which all accounts have to belong to, if any
/// @param eksClusters one of which an instance has to be a node of; empty: of none
/// @param instanceAgeMax how long after its start an instance may attest; zero: at any time
record AwsIidConfig(
    Set<String> accountIds,
    Optional<Organization> organization,
    Set<String> eksClusters,
    IdentityCertificates certificates,
    AgentPathTemplate agentPath,
    boolean checkRootVolume,
    boolean askForRoles,
    Duration instanceAgeMax,
    Cloud cloud) {
  private static final Set<String> VARIABLES = Set.of("AccountID", "Region", "InstanceID", "Tags.");
  private static final Set<String> PARTITIONS = Set.of("aws", "aws-cn", "aws-us-gov");
  private static final Pattern CLUSTER = Pattern.compile("[0-9A-Za-z][0-9A-Za-z_-]{0,99}");
  private static final Pattern ROLE = Pattern.compile("[\\w+=,.@/-]{1,512}");

  AwsIidConfig {
    accountIds = Set.copyOf(accountIds);
    eksClusters = Set.copyOf(eksClusters);
  }

  /// Whether instances of that account may become nodes, as far as the configuration says.
  boolean allows(String accountId) {
    return accountIds.isEmpty() ? organization.isPresent() : accountIds.contains(accountId);
  }

  /// How AWS is asked.
  ///
  /// @param assumeRole name of the role that is assumed in each account first
  /// @param keys an access key of our own; the SDK's usual places otherwise
  /// @param endpoint asked in place of AWS's own addresses
  record Cloud(
      String partition, Optional<String> assumeRole, Optional<Keys> keys, Optional<URI> endpoint) {
    String roleArn(String accountId, String role) {
      return "arn:" + partition + ":iam::" + accountId + ":role/" + role;
    }
  }

  /// @param secret never shown
  record Keys(String id, String secret) {
    @Override
    public String toString() {
      return "Keys[" + id + "]";
    }
  }

  /// Reads the attestor's section; mistakes are reported there.
  static AwsIidConfig read(AttestorSettings settings) {
    var organization = Organization.read(settings, ROLE);
    return new AwsIidConfig(
        accounts(settings, organization.isEmpty()),
        organization,
        eksClusters(settings),
        certificates(settings),
        agentPath(settings),
        !settings.flag("skip-block-device", false),
        !settings.flag("disable-instance-profile-selectors", false),
        settings.duration("instance-age-max", Duration.ZERO),
        cloud(settings));
  }

  private static Set<String> accounts(AttestorSettings settings, boolean required) {
    var accounts = settings.texts("account-ids");
    if (accounts.isEmpty() && required) {
      settings.problem(
          "account-ids",
          "neither an account nor verify-organization given, so no node could be believed");
    }
    for (var account : accounts) {
      if (!InstanceIdentity.ACCOUNT_ID.matcher(account).matches()) {
        settings.problem(
            "account-ids", "not twelve digits (put them in quotes): \"" + account + "\"");
      }
    }
    return Set.copyOf(accounts);
  }

  private static Set<String> eksClusters(AttestorSettings settings) {
    var section = settings.section("validate-eks-cluster-membership");
    var clusters = section.map(it -> it.texts("eks-cluster-names")).orElse(List.of());
    if (section.isPresent() && clusters.isEmpty()) {
      section.get().problem("eks-cluster-names", "no cluster given");
    }
    for (var cluster : clusters) {
      if (!CLUSTER.matcher(cluster).matches()) {
        section.get().problem("eks-cluster-names", "not a cluster's name: \"" + cluster + "\"");
      }
    }
    return Set.copyOf(clusters);
  }

  private static IdentityCertificates certificates(AttestorSettings settings) {
    var directory = settings.path("identity-certificates");
    try {
      return directory.isPresent()
          ? IdentityCertificates.with(directory.get())
          : IdentityCertificates.builtIn();
    } catch (IllegalArgumentException e) {
      settings.problem("identity-certificates", String.valueOf(e.getMessage()));
      return IdentityCertificates.builtIn();
    }
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .AccountID }}/{{ .Region }}/{{ .InstanceID }}";
    return AgentPathTemplate.read(settings, AwsIidPayload.TYPE, usual, VARIABLES);
  }

  private static Cloud cloud(AttestorSettings settings) {
    var partition = settings.text("partition").orElse("aws");
    if (!PARTITIONS.contains(partition)) {
      settings.problem("partition", "\"" + partition + "\" is none of aws, aws-cn and aws-us-gov");
    }
    var role = settings.text("assume-role");
    if (role.isPresent() && !ROLE.matcher(role.get()).matches()) {
      settings.problem("assume-role", "not a role's name: \"" + role.get() + "\"");
    }
    return new Cloud(
        partition, role, keys(settings), PlatformAddress.read(settings, "api-endpoint"));
  }

  private static Optional<Keys> keys(AttestorSettings settings) {
    var id = settings.text("access-key-id");
    var secret = settings.text("secret-access-key");
    if (id.isPresent() != secret.isPresent()) {
      settings.problem("access-key-id", "set both access-key-id and secret-access-key, or neither");
    }
    return id.flatMap(known -> secret.map(hidden -> new Keys(known, hidden)));
  }
}
