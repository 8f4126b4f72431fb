package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.aws.AwsIidConfig.Cloud;
import dev.entente.attestors.aws.AwsIidConfig.Keys;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestIdentityDocuments;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;

/// `aws_iid` over LocalStack in a container. Skipped where no container engine answers, or the
/// image cannot be had.
class LocalStackTest {
  private static final String IMAGE = "localstack/localstack:4.9";
  private static final String REGION = "us-west-2";

  /// LocalStack's for keys it does not know.
  private static final String ACCOUNT = "000000000000";

  /// Asked once, before anything of the engine's client is loaded.
  private static final Duration ENGINE_LIMIT = Duration.ofSeconds(2);

  @TempDir private static Path directory;
  private static LocalStackContainer localStack;
  private static TestIdentityDocuments signer;
  private static Instant now;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(engineAnswers(), "no container engine answers");
    localStack = new LocalStackContainer(DockerImageName.parse(IMAGE)).withServices("ec2", "iam");
    try {
      localStack.start();
    } catch (ContainerFetchException | ContainerLaunchException e) {
      Assumptions.abort("LocalStack did not start: " + e.getMessage());
    }
    now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    signer = TestIdentityDocuments.of(REGION, now);
    Files.writeString(
        directory.resolve(REGION + ".pem"), Pem.encodeCertificates(List.of(signer.certificate())));
  }

  @AfterAll
  static void stop() {
    if (localStack != null) {
      localStack.stop();
    }
  }

  private static boolean engineAnswers() {
    var host = System.getenv().getOrDefault("DOCKER_HOST", "unix:///var/run/docker.sock");
    if (!host.startsWith("unix://")) {
      return false;
    }
    var socket = Path.of(host.substring("unix://".length()));
    if (!Files.exists(socket)) {
      return false;
    }
    return CompletableFuture.supplyAsync(() -> pongs(socket))
        .completeOnTimeout(false, ENGINE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  private static boolean pongs(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(
          ByteBuffer.wrap("GET /_ping HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      var answer = ByteBuffer.allocate(64);
      channel.read(answer);
      var line = new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
      return line.startsWith("HTTP/1.") && line.contains(" 200 ");
    } catch (IOException _) {
      return false;
    }
  }

  private static SdkClients clients() {
    var cloud =
        new Cloud(
            "aws",
            Optional.empty(),
            Optional.of(new Keys(localStack.getAccessKey(), localStack.getSecretKey())),
            Optional.of(localStack.getEndpoint()));
    return new SdkClients(
        cloud, new SdkClients.Limits(Duration.ofSeconds(30), Duration.ofSeconds(60)));
  }

  private static AttestationStep shown(String instance) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "account-ids", List.of(ACCOUNT),
                "identity-certificates", directory.toString(),
                "api-endpoint", localStack.getEndpoint().toString(),
                "access-key-id", localStack.getAccessKey(),
                "secret-access-key", localStack.getSecretKey()));
    var broker = new AwsIidAttestor.Provider().create(TrustDomain.parse("example.org"), settings);
    assertThat(settings.problems()).isEmpty();
    var document = signer.document(ACCOUNT, instance, now);
    var payload = new AwsIidPayload(document, "", signer.rsa2048(document)).toJson();
    return broker.begin(new Presentation(payload, "192.0.2.1"));
  }

  @Test
  void attestsAnInstanceWhileItRuns() throws Exception {
    var ec2 = clients().ec2(REGION);
    var instance =
        ec2.runInstances(it -> it.imageId("ami-12c6146b").minCount(1).maxCount(1))
            .instances()
            .getFirst()
            .instanceId();
    assertThat(shown(instance)).isInstanceOf(Attested.class);

    ec2.terminateInstances(it -> it.instanceIds(instance));
    assertThat(shown(instance))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/instance-not-running"));
  }
}
