package dev.entente.systemtests;

import dev.entente.spiffe.Pem;
import dev.entente.testkit.FakeAws;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.FakeConfidentialSpace;
import dev.entente.testkit.FakeEc2Metadata;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.FakeSts;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestIdentityDocuments;
import dev.entente.testkit.TestRsaKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/// One instance in each cloud: its metadata service, and what a broker asks about it. All fakes.
final class Clouds {
  static final String EC2_PATH = "/spire/agent/aws_iid/111122223333/us-west-2/i-0a1b2c3d4e";
  static final String WEB_IDENTITY_PATH =
      "/spire/agent/aws_web_identity/" + FakeSts.ACCOUNT + "/instance/us-west-2/i-0a1b2c3d4e";
  static final String SPACE_PATH = "/spire/agent/gcp_confidential_space/prod-1/7333251546816446069";
  static final String GCE_PATH = "/spire/agent/gcp_iit/prod-1/12345";
  static final String AZURE_IMDS_PATH =
      String.join(
          "/", "/spire/agent/azure_imds", FakeAzure.TENANT, FakeAzure.SUBSCRIPTION, FakeAzure.VM);
  static final String AZURE_MSI_PATH =
      String.join("/", "/spire/agent/azure_msi", FakeAzure.TENANT, FakeAzure.PRINCIPAL);
  private static final String AZURE_DOMAIN = "example.onmicrosoft.com";
  private static final String AZURE_AUDIENCE = "api://entente.example";

  /// Nobody's account.
  private static final String ELSEWHERE = "999988887777";

  private static final String INSTANCE = "i-0a1b2c3d4e";

  private final FakeEc2Metadata ec2Metadata;
  private final FakeAws aws;
  private final FakeSts sts;
  private final FakeGoogle google;
  private final Path launcher;
  private final FakeConfidentialSpace space;
  private final FakeAzure azure;
  private final Path certificates;

  Clouds(Sandbox sandbox) {
    ec2Metadata = sandbox.register(new FakeEc2Metadata());
    aws = sandbox.register(new FakeAws());
    sts = sandbox.register(new FakeSts(Instant::now));
    google = sandbox.register(new FakeGoogle(Instant::now));
    certificates = sandbox.subdirectory("clouds");
    launcher = certificates.resolve("tee.sock");
    space = sandbox.register(new FakeConfidentialSpace(launcher, Instant::now));
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    var documents = TestAttestedDocuments.at(now);
    azure = sandbox.register(new FakeAzure(documents, TestRsaKeys.next(), Instant::now));
    write("azure-root.crt", documents.root());
    write("azure-issuer.crt", documents.issuer());
    var region = TestIdentityDocuments.of("us-west-2", now);
    write("us-west-2.pem", region.certificate());
    var document = region.document(FakeAws.OWN_ACCOUNT, INSTANCE, now);
    ec2Metadata.identity(document, region.signature(document), region.rsa2048(document));
    var roles = "/latest/meta-data/iam/security-credentials/";
    ec2Metadata.page(roles, "node-role");
    ec2Metadata.page(roles + "node-role", FakeSts.credentials());
    ec2Metadata.page("/latest/meta-data/placement/region", "us-west-2");
    aws.put(FakeAws.Machine.running(FakeAws.OWN_ACCOUNT, INSTANCE, now));
    aws.putAccount(FakeAws.OWN_ACCOUNT, "ACTIVE");
    aws.putNode("prod", "workers", INSTANCE);
    write("google.json", google.serviceAccount());
  }

  private void write(String name, X509Certificate certificate) {
    write(name, Pem.encodeCertificates(List.of(certificate)));
  }

  private void write(String name, String text) {
    try {
      Files.writeString(certificates.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not written", e);
    }
  }

  /// The variables by which a broker on an App Service gets tokens for Azure.
  Map<String, String> environment() {
    return Map.of(
        "IDENTITY_ENDPOINT", azure.endpoint() + "/msi/token", "IDENTITY_HEADER", "header-secret");
  }

  /// What a broker's configuration says about them.
  String attestors(boolean requireNonce) {
    return attestors(FakeAws.OWN_ACCOUNT, "prod-1", requireNonce)
        + tokens(FakeSts.ACCOUNT, "prod-1")
        + azure("");
  }

  /// The same of a broker that believes nodes of other accounts, projects and subscriptions.
  String attestorsOfStrangers() {
    return attestors(ELSEWHERE, "prod-2", true)
        + tokens(ELSEWHERE, "prod-2")
        + azure("restrict-to-subscriptions: [" + FakeAzure.VM + "]");
  }

  private String attestors(String account, String project, boolean requireNonce) {
    return """
    attestors:
      aws_iid:
        account-ids: ["%1$s"]
        verify-organization:
          management-account-id: "%1$s"
          assume-org-role: entente-organization
        validate-eks-cluster-membership:
          eks-cluster-names: [prod]
        identity-certificates: %2$s
        api-endpoint: %3$s
        access-key-id: AKIATEST
        secret-access-key: secret
      gcp_iit:
        projectid-allow-list: [%8$s]
        keys-url: %4$s
        require-nonce: %5$s
        use-instance-metadata: true
        allowed-label-keys: [team]
        service-account-file: %6$s
        compute-endpoint: %7$s
    """
        .formatted(
            account,
            certificates,
            aws.endpoint(),
            google.keysUrl(),
            requireNonce,
            certificates.resolve("google.json"),
            google.endpoint(),
            project);
  }

  private String tokens(String account, String project) {
    return """
    aws_web_identity:
      issuers: [%s]
      account-ids: ["%s"]
      keys-url: %s
    gcp_confidential_space:
      projectid-allow-list: [%s]
      keys-url: %s
    """
        .formatted(FakeSts.ISSUER, account, sts.keysUrl(), project, space.keysUrl())
        .indent(2);
  }

  private String azure(String more) {
    return """
    azure_imds:
      tenants:
        %s:
          tenant-id: %s
          allowed-vm-tags: [role]
          %s
      trust-bundle-path: %s
      issuer-certificates: %s
      arm-endpoint: %s
    azure_msi:
      tenants:
        %s:
          resource-id: %s
          %s
      keys-url: %s
      arm-endpoint: %s
    """
        .formatted(
            AZURE_DOMAIN,
            FakeAzure.TENANT,
            more,
            certificates.resolve("azure-root.crt"),
            certificates.resolve("azure-issuer.crt"),
            azure.endpoint(),
            FakeAzure.TENANT,
            AZURE_AUDIENCE,
            more,
            azure.keysUrl(),
            azure.endpoint())
        // The attestors stand under one key with those above.
        .indent(2);
  }

  String ec2Endpoint() {
    return ec2Metadata.endpoint().toString();
  }

  /// What an agent's configuration says of its instance.
  String identityDocument() {
    return "aws_iid: {ec2-metadata-endpoint: '" + ec2Endpoint() + "'}";
  }

  /// What an agent's configuration says of Google's metadata service.
  String identityToken() {
    return "gcp_iit: {identity-token-host: '" + google.metadataHost() + "'}";
  }

  /// What an agent's configuration says of Azure's metadata service, to show its document.
  String attestedDocument() {
    return "azure_imds: {tenant-domain: %s, metadata-endpoint: '%s'}"
        .formatted(AZURE_DOMAIN, azure.endpoint());
  }

  /// What an agent's configuration says of it, to show a token of its identity.
  String managedIdentity() {
    return "azure_msi: {resource-id: '%s', metadata-endpoint: '%s'}"
        .formatted(AZURE_AUDIENCE, azure.endpoint());
  }

  /// What an agent's configuration says of the Security Token Service and of its instance.
  String webIdentity() {
    return "aws_web_identity: {sts-endpoint: '%s', ec2-metadata-endpoint: '%s'}"
        .formatted(sts.endpoint(), ec2Endpoint());
  }

  /// What an agent's configuration says of the launcher of its container.
  String confidentialSpace() {
    return "gcp_confidential_space: {launcher-socket: '%s'}".formatted(launcher);
  }

  String googleHost() {
    return google.metadataHost();
  }
}
