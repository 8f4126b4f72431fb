package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.aws.AwsIidConfig.Cloud;
import dev.entente.attestors.aws.AwsIidConfig.Keys;
import dev.entente.attestors.aws.Ec2Instance.NetworkInterface;
import dev.entente.attestors.aws.Ec2Instance.SecurityGroup;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.FakeAws.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SdkEc2DirectoryTest {
  private static final Instant STARTED = Instant.parse("2026-11-22T09:00:00Z");
  private static final String INSTANCE = "i-0a1b2c3d4e";
  private static final String OTHER_ACCOUNT = "123456789012";
  private static final SdkClients.Limits GENEROUS =
      new SdkClients.Limits(Duration.ofSeconds(30), Duration.ofSeconds(60));

  private final FakeAws aws = new FakeAws();

  @AfterEach
  void close() {
    aws.close();
  }

  private Ec2Directory directory(SdkClients.Limits limits, Optional<String> role) {
    var keys = Optional.of(new Keys("AKIATEST", "secret"));
    var cloud = new Cloud("aws", role, keys, Optional.of(aws.endpoint()));
    return new SdkEc2Directory(new SdkClients(cloud, limits), new AwsCalls());
  }

  private static InstanceIdentity identity(String account) {
    return new InstanceIdentity(account, "us-west-2", "us-west-2b", INSTANCE, "ami-1", STARTED);
  }

  @Test
  void readsWhatEc2AndIamAnswer() throws Exception {
    aws.put(Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, STARTED));
    var directory = directory(GENEROUS, Optional.empty());
    var identity = identity(FakeAws.OWN_ACCOUNT);

    assertThat(directory.find(identity))
        .containsExactly(
            new Ec2Instance(
                INSTANCE,
                FakeAws.OWN_ACCOUNT,
                "running",
                "ebs",
                "/dev/xvda",
                Map.of("/dev/xvda", STARTED.plusSeconds(1)),
                List.of(new NetworkInterface(0, STARTED)),
                List.of(new SecurityGroup("sg-1", "web")),
                Map.of("Name", "node-1"),
                Optional.of(
                    "arn:aws:iam::" + FakeAws.OWN_ACCOUNT + ":instance-profile/node-role")));
    assertThat(directory.roles(identity, "node-role"))
        .containsExactly("arn:aws:iam::" + FakeAws.OWN_ACCOUNT + ":role/node-role");
  }

  @Test
  void findsNothingWhereEc2KnowsNoSuchInstance() throws Exception {
    aws.put(Machine.running(OTHER_ACCOUNT, INSTANCE, STARTED));

    assertThat(directory(GENEROUS, Optional.empty()).find(identity(OTHER_ACCOUNT))).isEmpty();
  }

  @Test
  void seesAnotherAccountThroughTheRoleItAssumesThere() throws Exception {
    aws.put(Machine.running(OTHER_ACCOUNT, INSTANCE, STARTED));
    var directory = directory(GENEROUS, Optional.of("entente"));

    assertThat(directory.find(identity(OTHER_ACCOUNT))).hasSize(1);
    directory.find(identity(OTHER_ACCOUNT));

    assertThat(aws.calls())
        .containsExactly(
            FakeAws.OWN_ACCOUNT + " AssumeRole",
            OTHER_ACCOUNT + " DescribeInstances",
            OTHER_ACCOUNT + " DescribeInstances");
  }

  @ParameterizedTest
  @CsvSource({
    "403, UnauthorizedOperation",
    "400, InvalidParameterValue",
    "500, InternalError",
    "503, RequestLimitExceeded"
  })
  void callsATroubleOfAwsAFaultAndTriesAgainNextTime(int status, String code) throws Exception {
    aws.put(Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, STARTED));
    var directory = directory(GENEROUS, Optional.empty());
    aws.failWith(status, FakeAws.ec2Error(code));

    assertThatThrownBy(() -> directory.find(identity(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("AWS answered " + code);

    aws.recover();
    assertThat(directory.find(identity(FakeAws.OWN_ACCOUNT))).hasSize(1);
  }

  @Test
  void callsGarbageAFaultAndTriesAgainNextTime() throws Exception {
    aws.put(Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, STARTED));
    var directory = directory(GENEROUS, Optional.empty());
    aws.failWith(200, "<html>welcome");

    assertThatThrownBy(() -> directory.find(identity(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class);

    aws.recover();
    assertThat(directory.find(identity(FakeAws.OWN_ACCOUNT))).hasSize(1);
  }

  @Timeout(60)
  @Test
  void givesUpOnAServiceThatHangsAndFindsItAgainOnceItDoesNot() throws Exception {
    aws.put(Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, STARTED));
    aws.hang();
    var limits = new SdkClients.Limits(Duration.ofMillis(200), Duration.ofMillis(500));
    var directory = directory(limits, Optional.empty());

    assertThatThrownBy(() -> directory.find(identity(FakeAws.OWN_ACCOUNT)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not looked up in EC2");

    aws.recover();
    // On a busy machine half a second is short for a service that answers, too.
    Await.until("an answer", Duration.ofSeconds(30), () -> isFound(directory));
  }

  private static boolean isFound(Ec2Directory directory) {
    try {
      return directory.find(identity(FakeAws.OWN_ACCOUNT)).size() == 1;
    } catch (AttestationFault _) {
      return false;
    }
  }
}
