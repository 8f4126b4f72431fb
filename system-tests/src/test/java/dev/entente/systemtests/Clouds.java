package dev.entente.systemtests;

import dev.entente.spiffe.Pem;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.FakeEc2Metadata;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.TestIdentityDocuments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// One instance in each cloud: its metadata service, and what a broker asks about it. All fakes.
final class Clouds {
  static final String EC2_PATH = "/spire/agent/aws_iid/111122223333/us-west-2/i-0a1b2c3d4e";
  static final String GCE_PATH = "/spire/agent/gcp_iit/prod-1/12345";

  private static final String INSTANCE = "i-0a1b2c3d4e";

  private final FakeEc2Metadata ec2Metadata;
  private final FakeAws aws;
  private final FakeGoogle google;
  private final Path certificates;

  Clouds(Sandbox sandbox) {
    ec2Metadata = sandbox.register(new FakeEc2Metadata());
    aws = sandbox.register(new FakeAws());
    google = sandbox.register(new FakeGoogle(Instant::now));
    certificates = sandbox.subdirectory("aws");
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    var region = TestIdentityDocuments.of("us-west-2", now);
    try {
      Files.writeString(
          certificates.resolve("us-west-2.pem"),
          Pem.encodeCertificates(List.of(region.certificate())));
    } catch (IOException e) {
      throw new UncheckedIOException("certificate not written", e);
    }
    var document = region.document(FakeAws.OWN_ACCOUNT, INSTANCE, now);
    ec2Metadata.identity(document, region.signature(document), region.rsa2048(document));
    aws.put(FakeAws.Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, now));
  }

  /// What a broker's configuration says about them.
  String attestors(boolean requireNonce) {
    return """
    attestors:
      aws_iid:
        account-ids: ["%s"]
        identity-certificates: %s
        api-endpoint: %s
        access-key-id: AKIATEST
        secret-access-key: secret
      gcp_iit:
        projectid-allow-list: [prod-1]
        keys-url: %s
        require-nonce: %s
    """
        .formatted(
            FakeAws.OWN_ACCOUNT, certificates, aws.endpoint(), google.keysUrl(), requireNonce);
  }

  String ec2Endpoint() {
    return ec2Metadata.endpoint().toString();
  }

  String googleHost() {
    return google.metadataHost();
  }
}
