package dev.entente.bench;

import dev.entente.spiffe.Pem;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.TestIdentityDocuments;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;

/// What stands in for EC2 and IAM, and starts instances.
final class AwsCloud implements AutoCloseable {
  private static final String REGION = "us-west-2";

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final TestIdentityDocuments documents = TestIdentityDocuments.of(REGION, now);
  private final FakeAws aws = new FakeAws();
  private int started;

  /// @param delay after which each call is answered
  AwsCloud(Duration delay) {
    aws.answerAfter(delay);
  }

  /// The broker's lines about who may attest: these instances, and who has a join token.
  String attestors(Path directory) {
    var certificates = Directories.make(directory.resolve("aws"));
    Directories.write(
        certificates.resolve(REGION + ".pem"),
        Pem.encodeCertificates(List.of(documents.certificate())));
    return """
    attestors:
      join_token: {}
      aws_iid:
        account-ids: ["%s"]
        identity-certificates: %s
        api-endpoint: %s
        access-key-id: AKIATEST
        secret-access-key: secret
    """
        .formatted(FakeAws.OWN_ACCOUNT, certificates, aws.endpoint());
  }

  /// Starts so many instances; gives what each can show, JSON on one line.
  List<String> start(int count) {
    return Stream.generate(this::start).limit(count).toList();
  }

  private String start() {
    var instance = Report.text("i-%017x", started++);
    aws.put(FakeAws.Machine.running(FakeAws.OWN_ACCOUNT, instance, now));
    return documents.evidence(FakeAws.OWN_ACCOUNT, instance, now);
  }

  /// How often it was asked.
  int calls() {
    return aws.calls().size();
  }

  @Override
  public void close() {
    aws.close();
  }
}
