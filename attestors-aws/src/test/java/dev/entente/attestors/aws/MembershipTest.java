package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.aws.AwsIidConfig.Cloud;
import dev.entente.attestors.aws.AwsIidConfig.Keys;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.ManualClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Organisations and EKS clusters, asked through AWS's SDK or kept in a file.
class MembershipTest {
  private static final String MANAGEMENT = "999999999999";
  private static final String INSTANCE = "i-0a1b2c3d4e";
  private static final Instant NOW = Instant.parse("2026-11-22T09:00:00Z");
  private static final SdkClients.Limits GENEROUS =
      new SdkClients.Limits(Duration.ofSeconds(30), Duration.ofSeconds(60));

  private final FakeAws aws = new FakeAws();
  private final ManualClock clock = ManualClock.at(NOW);

  @TempDir private Path directory;

  @AfterEach
  void close() {
    aws.close();
  }

  private SdkClients clients(SdkClients.Limits limits) {
    var keys = Optional.of(new Keys("AKIATEST", "secret"));
    var cloud = new Cloud("aws", Optional.empty(), keys, Optional.of(aws.endpoint()));
    return new SdkClients(cloud, limits);
  }

  private Membership organization(SdkClients.Limits limits) {
    var asked = new Organization.Asked(MANAGEMENT, "org", "us-west-2", Organization.TTL);
    return OrganizationMembership.asked(asked, clients(limits), new AwsCalls(), clock);
  }

  private Membership clusters(String... names) {
    return clusters(GENEROUS, names);
  }

  private Membership clusters(SdkClients.Limits limits, String... names) {
    return new EksMembership(Set.of(names), clients(limits), new AwsCalls(), clock);
  }

  private static InstanceIdentity of(String account) {
    return instance(account, INSTANCE);
  }

  private static InstanceIdentity instance(String account, String id) {
    return new InstanceIdentity(account, "us-west-2", "us-west-2b", id, "ami-1", NOW);
  }

  @Test
  void knowsTheActiveAccountsOfAllPages() throws Exception {
    for (int i = 1; i <= 5; i++) {
      aws.putAccount("11111111111" + i, "ACTIVE");
    }
    aws.putAccount("111111111116", "SUSPENDED");
    var organization = organization(GENEROUS);

    for (int i = 1; i <= 5; i++) {
      assertThat(organization.holds(of("11111111111" + i))).isTrue();
    }
    assertThat(organization.holds(of("111111111116"))).isFalse();
    assertThat(organization.holds(of("111111111117"))).isFalse();
    assertThat(aws.calls())
        .containsExactly(
            FakeAws.OWN_ACCOUNT + " AssumeRole",
            MANAGEMENT + " ListAccounts",
            MANAGEMENT + " ListAccounts",
            MANAGEMENT + " ListAccounts");
  }

  @ParameterizedTest
  @CsvSource({
    "400, '{\"__type\":\"AccessDeniedException\"}', AccessDeniedException",
    "400, '{\"__type\":\"TooManyRequestsException\"}', TooManyRequestsException",
    "500, '{\"__type\":\"ServiceException\"}', ServiceException",
    "200, '<html>welcome', ''"
  })
  void callsATroubleOfAwsAFaultAndTriesAgainNextTime(int status, String body, String code)
      throws Exception {
    aws.putAccount(FakeAws.OWN_ACCOUNT, "ACTIVE");
    aws.putNode("prod", "spot", INSTANCE);
    var organization = organization(GENEROUS);
    var clusters = clusters("prod");
    // The role has been assumed before the trouble begins.
    assertThat(organization.holds(of(FakeAws.OWN_ACCOUNT))).isTrue();
    clock.advance(Organization.TTL);
    aws.failWith(status, body);

    assertThatThrownBy(() -> organization.holds(of(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("accounts of the organisation not listed")
        .hasMessageContaining(code);
    assertThatThrownBy(() -> clusters.holds(of(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("nodes of EKS clusters not listed");

    aws.recover();
    assertThat(organization.holds(of(FakeAws.OWN_ACCOUNT))).isTrue();
    assertThat(clusters.holds(of(FakeAws.OWN_ACCOUNT))).isTrue();
  }

  enum Asked {
    ORGANIZATION,
    CLUSTERS
  }

  @Timeout(60)
  @ParameterizedTest
  @EnumSource
  void givesUpOnAServiceThatHangsAndAsksItAgainNextTime(Asked asked) {
    aws.putAccount(FakeAws.OWN_ACCOUNT, "ACTIVE");
    aws.putNode("prod", "spot", INSTANCE);
    aws.hang();
    var limits = new SdkClients.Limits(Duration.ofMillis(200), Duration.ofMillis(500));
    var membership =
        switch (asked) {
          case ORGANIZATION -> organization(limits);
          case CLUSTERS -> clusters(limits, "prod");
        };

    assertThatThrownBy(() -> membership.holds(of(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class);

    aws.recover();
    // On a busy machine half a second is short for a service that answers, too.
    Await.until("an answer", Duration.ofSeconds(30), () -> isMember(membership));
  }

  /// Whether it is; false if that cannot be said.
  private static boolean isMember(Membership membership) {
    try {
      return membership.holds(of(FakeAws.OWN_ACCOUNT));
    } catch (AttestationFault _) {
      return false;
    }
  }

  @Test
  void knowsTheInstancesOfAllNodeGroupsOfItsClusters() throws Exception {
    aws.putNode("prod", "spot", "i-00000001");
    aws.putNode("prod", "on-demand", "i-00000002");
    aws.putNode("test", "spot", "i-00000003");
    aws.putNode("other", "spot", "i-00000004");
    var clusters = clusters("prod", "test", "nowhere");

    for (var member : Set.of("i-00000001", "i-00000002", "i-00000003")) {
      assertThat(clusters.holds(instance(FakeAws.OWN_ACCOUNT, member))).as(member).isTrue();
    }
    assertThat(clusters.holds(instance(FakeAws.OWN_ACCOUNT, "i-00000004"))).isFalse();
  }

  @Test
  void asksForTheGroupsOfALargeClusterInParts() throws Exception {
    for (int i = 0; i < 51; i++) {
      aws.putNode("prod", "group-" + i, "i-000000" + (10 + i));
    }
    var clusters = clusters("prod");

    for (int i = 0; i < 51; i++) {
      assertThat(clusters.holds(instance(FakeAws.OWN_ACCOUNT, "i-000000" + (10 + i)))).isTrue();
    }
    assertThat(aws.calls().stream().filter(it -> it.endsWith("DescribeAutoScalingGroups")))
        .hasSize(2);
  }

  @Test
  void seesThatANodeLeftItsClusterAfterHalfAMinute() throws Exception {
    aws.putNode("prod", "spot", INSTANCE);
    var clusters = clusters("prod");
    assertThat(clusters.holds(of(FakeAws.OWN_ACCOUNT))).isTrue();

    aws.removeNode("prod", "spot", INSTANCE);
    clock.advance(Duration.ofSeconds(30).minusMillis(1));
    assertThat(clusters.holds(of(FakeAws.OWN_ACCOUNT))).isTrue();
    clock.advance(Duration.ofMillis(1));
    assertThat(clusters.holds(of(FakeAws.OWN_ACCOUNT))).isFalse();
  }

  private Membership listed(Path file) {
    return OrganizationMembership.listed(
        new Organization.Listed(file, Organization.TTL_MIN), clock);
  }

  @Test
  void readsTheFileAgainWhenItIsOld() throws Exception {
    var file = directory.resolve("accounts.json");
    Files.writeString(file, "[\"000000000001\"]");
    var organization = listed(file);
    assertThat(organization.holds(of("000000000001"))).isTrue();
    assertThat(organization.holds(of("000000000002"))).isFalse();

    Files.writeString(file, "[\"000000000002\"]");
    clock.advance(Organization.TTL_MIN);
    assertThat(organization.holds(of("000000000002"))).isTrue();
    assertThat(organization.holds(of("000000000001"))).isFalse();
  }

  @Test
  void readsFilesOfTwoMebibytesAndNoLargerOnes() throws Exception {
    var file = directory.resolve("accounts.json");
    var account = "[\"000000000001\"]";
    var most = account + " ".repeat(2 * 1024 * 1024 - account.length());

    Files.writeString(file, most);
    assertThat(listed(file).holds(of("000000000001"))).isTrue();
    Files.writeString(file, most + " ");
    assertThatThrownBy(() -> listed(file).holds(of("000000000001")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageEndingWith("it is over 2097152 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[1]",
        "[000000000001]",
        "[\"1\"]",
        "[\"000000000001\", null]",
        "[\"000000000001\"] x",
        "\"000000000001\""
      })
  void letsNobodyInByAFileThatIsBroken(String broken) throws Exception {
    var file = directory.resolve("accounts.json");
    Files.writeString(file, broken);

    assertThatThrownBy(() -> listed(file).holds(of("000000000001")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("accounts not read from " + file);
  }
}
