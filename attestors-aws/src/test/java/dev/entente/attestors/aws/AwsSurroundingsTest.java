package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.testkit.FakeEc2Metadata;
import dev.entente.testkit.FakeSts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AwsSurroundingsTest {
  private static final String ROLES = "/latest/meta-data/iam/security-credentials/";
  private static final AwsCredentials OF_THE_ROLE =
      new AwsCredentials(FakeSts.ACCESS_KEY, "secret", FakeSts.SESSION_TOKEN);

  @TempDir Path temp;
  private final FakeSts aws = new FakeSts(Instant::now);
  private final FakeEc2Metadata metadata = new FakeEc2Metadata();
  private final Map<String, String> environment = new HashMap<>();

  @AfterEach
  void close() {
    aws.close();
    metadata.close();
  }

  private AwsSurroundings surroundings() {
    return new AwsSurroundings(environment, new Ec2Metadata(metadata.endpoint()));
  }

  @Test
  void takesTheVariablesOfLambdaFirst() throws Exception {
    environment.put("AWS_ACCESS_KEY_ID", "ASIALAMBDA");
    environment.put("AWS_SECRET_ACCESS_KEY", "s");
    environment.put("AWS_SESSION_TOKEN", "t");
    environment.put("AWS_REGION", "eu-north-1");
    environment.put(
        "AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");

    assertThat(surroundings().credentials()).isEqualTo(new AwsCredentials("ASIALAMBDA", "s", "t"));
    assertThat(surroundings().region()).isEqualTo("eu-north-1");
    assertThat(surroundings().nodeName()).contains("0123456789abcdef0123456789abcdef");
  }

  @Test
  void asksTheContainerServiceWithTheTokenOfItsFileBeforeTheOneOfItsVariable() throws Exception {
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.endpoint() + "/v2/credentials");
    environment.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-secret");

    assertThat(surroundings().credentials()).isEqualTo(OF_THE_ROLE);

    var file = Files.writeString(temp.resolve("token"), "container-secret\n");
    environment.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "old");
    environment.put("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.toString());
    assertThat(surroundings().credentials()).isEqualTo(OF_THE_ROLE);

    environment.remove("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    assertThatThrownBy(() -> surroundings().credentials())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("answered 401")
        .hasMessageNotContaining("old");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://credentials.example/",
        "http://10.0.0.1/",
        "http://127.0.0.1.example/",
        "http://169.254.1.2.example/",
        "ftp://127.0.0.1/",
        "not an address"
      })
  void sendsNoTokenOverTheNetworkInPlainText(String address) {
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", address);
    environment.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-secret");

    assertThatThrownBy(() -> surroundings().credentials())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not an address of this machine");
  }

  @Test
  void asksTheInstanceLast() throws Exception {
    metadata.page(ROLES, "node-role\n");
    metadata.page(ROLES + "node-role", FakeSts.credentials());
    metadata.page("/latest/meta-data/placement/region", "us-west-2");

    assertThat(surroundings().credentials()).isEqualTo(OF_THE_ROLE);
    assertThat(surroundings().region()).isEqualTo("us-west-2");
    assertThat(surroundings().nodeName()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a b", "one\ntwo"})
  void asksForNoRoleThatClimbs(String role) {
    metadata.page(ROLES, role);

    assertThatThrownBy(() -> surroundings().credentials())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no single role");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "nonsense", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":7}"})
  void saysThatCredentialsCannotBeUsedAndQuotesNone(String answer) {
    metadata.page(ROLES, "node-role");
    metadata.page(ROLES + "node-role", answer);

    assertThatThrownBy(() -> surroundings().credentials())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unusable credentials");
    assertThat(OF_THE_ROLE.toString()).doesNotContain("secret").doesNotContain("session");
  }

  @Test
  void takesAnEmptyVariableForNone() throws Exception {
    environment.put("AWS_ACCESS_KEY_ID", "");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.endpoint() + "/v2/credentials");
    environment.put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-secret");
    environment.put("AWS_REGION", "");
    environment.put("AWS_DEFAULT_REGION", "eu-north-1");

    assertThat(surroundings().credentials()).isEqualTo(OF_THE_ROLE);
    assertThat(surroundings().region()).isEqualTo("eu-north-1");
  }

  @Test
  void takesNoOtherNameOfALogForAnEnvironmentOfLambda() throws Exception {
    environment.put("AWS_LAMBDA_LOG_STREAM_NAME", "of-my-own");

    assertThat(surroundings().nodeName()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://localhost:1/", "http://[::1]:1/", "https://127.0.0.1:1/"})
  void asksThisMachineInPlainTextAndAnybodyOverTls(String address) {
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", address);

    assertThatThrownBy(() -> surroundings().credentials())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(address + " not answered");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"TaskARN\":7}", "{\"TaskARN\":\"arn:aws:s3:::task/x\"}"})
  void namesNoTaskThatIsNone(String answer) {
    environment.put("ECS_CONTAINER_METADATA_URI_V4", metadata.endpoint() + "/v4");
    metadata.page("/v4/task", answer);

    assertThatThrownBy(() -> surroundings().nodeName()).isInstanceOf(IOException.class);
  }

  @Test
  void namesTheTaskOfAContainer() throws Exception {
    environment.put("ECS_CONTAINER_METADATA_URI_V4", aws.endpoint() + "/v4/abc");

    assertThat(surroundings().nodeName()).contains("158d1c8083dd49d6b527399fd6414f5c");

    environment.put("ECS_CONTAINER_METADATA_URI_V4", aws.endpoint() + "/v4/other");
    assertThatThrownBy(() -> surroundings().nodeName())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("answered 404");
  }
}
