package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeGoogle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Google's own client against what the Compute API answers.
class ComputeDirectoryTest {
  private static final Duration GENEROUS = Duration.ofSeconds(30);

  private final FakeGoogle google = new FakeGoogle(Instant::now);

  @TempDir private Path directory;
  private Path serviceAccount;

  @BeforeEach
  void aServiceAccount() throws Exception {
    serviceAccount = directory.resolve("key.json");
    Files.writeString(serviceAccount, google.serviceAccount());
  }

  @AfterEach
  void close() {
    google.close();
  }

  private GcpDirectory directory(Duration limit) {
    return new ComputeDirectory(
        new InstanceMetadata(
            Set.of(), Set.of(), 128, Optional.of(serviceAccount), Optional.of(google.endpoint())),
        limit);
  }

  private static GcpIdentity identity(String name) {
    return new GcpIdentity("prod-1", 7, "us-west1-b", "12345", name, 0, "a@b");
  }

  @Test
  void readsWhatComputeAnswers() throws Exception {
    google.compute("18446744073709551615", "RUNNING");

    assertThat(directory(GENEROUS).find(identity(FakeGoogle.INSTANCE_NAME)))
        .hasValue(
            new GcpInstance(
                "18446744073709551615",
                "RUNNING",
                List.of("https-server"),
                Map.of("team", "web", "cost", "7"),
                Map.of("role", "front", "startup-script", "x".repeat(200)),
                List.of("node@prod-1.iam.gserviceaccount.com")));
  }

  @Test
  void findsNothingUnderANameThatNobodyHas() throws Exception {
    assertThat(directory(GENEROUS).find(identity("node-2"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "403, '{\"error\":{\"code\":403,\"message\":\"no\"}}', PERMISSION_DENIED",
    "429, '{\"error\":{\"code\":429,\"message\":\"slow\"}}', RESOURCE_EXHAUSTED",
    "500, '{\"error\":{\"code\":500,\"message\":\"oh\"}}', INTERNAL",
    "503, '<html>busy', UNAVAILABLE",
    "200, '<html>welcome', ''"
  })
  void callsATroubleOfGoogleAFaultAndTriesAgainNextTime(int status, String body, String code)
      throws Exception {
    var compute = directory(GENEROUS);
    google.failWith(status, body);

    assertThatThrownBy(() -> compute.find(identity(FakeGoogle.INSTANCE_NAME)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not looked up in Compute Engine")
        .hasMessageContaining(code);

    google.recover();
    assertThat(compute.find(identity(FakeGoogle.INSTANCE_NAME))).isPresent();
  }

  @Timeout(60)
  @Test
  void givesUpOnAServiceThatHangsAndFindsItAgainOnceItDoesNot() throws Exception {
    var patient = directory(GENEROUS);
    assertThat(patient.find(identity(FakeGoogle.INSTANCE_NAME))).isPresent();
    var directory = directory(Duration.ofSeconds(2));
    google.hang();

    assertThatThrownBy(() -> directory.find(identity(FakeGoogle.INSTANCE_NAME)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("not looked up in Compute Engine");

    google.recover();
    // On a busy machine two seconds may be short for a service that answers, too.
    Await.until("an answer", Duration.ofSeconds(30), () -> isFound(directory));
  }

  private static boolean isFound(GcpDirectory directory) {
    try {
      return directory.find(identity(FakeGoogle.INSTANCE_NAME)).isPresent();
    } catch (AttestationFault _) {
      return false;
    }
  }

  @Test
  void callsAMissingKeyAFault() throws Exception {
    Files.delete(serviceAccount);

    assertThatThrownBy(() -> directory(GENEROUS).find(identity(FakeGoogle.INSTANCE_NAME)))
        .isInstanceOf(AttestationFault.class);
  }

  @Test
  void readsNoKindOfCredentialThatNamesAProgram() throws Exception {
    Files.writeString(
        serviceAccount,
        "{\"type\":\"external_account\",\"audience\":\"//iam.googleapis.com/x\","
            + "\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\","
            + "\"token_url\":\"https://sts.googleapis.com/v1/token\","
            + "\"credential_source\":{\"executable\":{\"command\":\"/bin/true\"}}}");

    assertThatThrownBy(() -> directory(GENEROUS).find(identity(FakeGoogle.INSTANCE_NAME)))
        .isInstanceOf(AttestationFault.class);
  }
}
