package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.aws.AwsIidConfig.Cloud;
import dev.entente.attestors.aws.AwsIidConfig.Keys;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestIdentityDocuments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;

/// `aws_iid` over AWS as somebody else imitates it: EC2, IAM, STS and Organizations of moto.
class MotoTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final String REGION = "us-west-2";
  private static final String ROLE = "entente";

  /// What moto gives a caller whose key it has not made.
  private static final String MANAGEMENT = "123456789012";

  @TempDir private static Path directory;
  private static Instant now;
  private static TestIdentityDocuments signer;
  private static Moto moto;
  private static SdkClients clients;
  private static String member;

  @BeforeAll
  static void anOrganisationWithManyAccounts() throws Exception {
    moto = Moto.start(directory.resolve("moto.log"));
    now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    signer = TestIdentityDocuments.of(REGION, now);
    Files.writeString(
        directory.resolve(REGION + ".pem"), Pem.encodeCertificates(List.of(signer.certificate())));
    var cloud =
        new Cloud(
            "aws",
            Optional.of(ROLE),
            Optional.of(new Keys("AKIATEST", "secret")),
            Optional.of(moto.endpoint()));
    var generous = new SdkClients.Limits(Duration.ofSeconds(30), Duration.ofSeconds(60));
    clients = new SdkClients(cloud, generous);
    var organizations = clients.organizations(REGION);
    member = "";
    organizations.createOrganization(request -> request.featureSet("ALL"));
    for (int i = 0; i < 21; i++) {
      var name = "account-" + i;
      var status =
          organizations.createAccount(it -> it.accountName(name).email(name + "@example.org"));
      member = status.createAccountStatus().accountId();
    }
  }

  @AfterAll
  static void stop() {
    if (moto != null) {
      moto.close();
    }
  }

  private static NodeAttestor broker() {
    var settings =
        MapSettings.of(
            Map.of(
                "verify-organization/management-account-id",
                MANAGEMENT,
                "verify-organization/assume-org-role",
                ROLE,
                "assume-role",
                ROLE,
                "identity-certificates",
                directory.toString(),
                "api-endpoint",
                moto.endpoint().toString(),
                "access-key-id",
                "AKIATEST",
                "secret-access-key",
                "secret"));
    var made = new AwsIidAttestor.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return made;
  }

  private static AttestationStep shown(String account, String instance) throws Exception {
    var document = signer.document(account, instance, now);
    var payload = new AwsIidPayload(document, "", signer.rsa2048(document)).toJson();
    return broker().begin(new Presentation(payload, "192.0.2.1"));
  }

  private static Consumer<AwsRequestOverrideConfiguration.Builder> inMember() {
    return clients.as(member, REGION);
  }

  /// Starts an instance in the member account.
  private static String started(String tag) {
    return clients
        .ec2(REGION)
        .runInstances(request ->
            request
                .imageId("ami-12c6146b")
                .minCount(1)
                .maxCount(1)
                .tagSpecifications(
                    TagSpecification.builder()
                        .resourceType(ResourceType.INSTANCE)
                        .tags(Tag.builder().key("Name").value(tag).build())
                        .build())
                .overrideConfiguration(inMember()))
        .instances()
        .getFirst()
        .instanceId();
  }

  /// A profile of that name with a role of that name, on the instance.
  private static void giveRole(String instance, String name) {
    var iam = clients.iam(REGION);
    iam.createRole(
        it -> it.roleName(name).assumeRolePolicyDocument("{}").overrideConfiguration(inMember()));
    iam.createInstanceProfile(it -> it.instanceProfileName(name).overrideConfiguration(inMember()));
    iam.addRoleToInstanceProfile(
        it -> it.instanceProfileName(name).roleName(name).overrideConfiguration(inMember()));
    clients
        .ec2(REGION)
        .associateIamInstanceProfile(it ->
            it.instanceId(instance)
                .iamInstanceProfile(profile -> profile.name(name))
                .overrideConfiguration(inMember()));
  }

  @Test
  void attestsAnInstanceOfAnAccountOfTheOrganisation() throws Exception {
    var instance = started("web-1");
    giveRole(instance, "web");

    assertThat(shown(member, instance))
        .isInstanceOfSatisfying(
            Attested.class,
            attested ->
                assertThat(attested.node().selectors())
                    .extracting(Selector::toString)
                    .contains(
                        "aws_iid:account_id:" + member,
                        "aws_iid:tag:Name:web-1",
                        "aws_iid:iamrole:arn:aws:iam::" + member + ":role/web"));
  }

  @Test
  void refusesAnInstanceThatIsGone() throws Exception {
    var instance = started("web-2");
    clients
        .ec2(REGION)
        .terminateInstances(it -> it.instanceIds(instance).overrideConfiguration(inMember()));

    assertThat(shown(member, instance))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/instance-not-running"));
  }

  @Test
  void refusesAnInstanceThatAnotherAccountHas() throws Exception {
    var instance = started("web-3");

    assertThat(shown(MANAGEMENT, instance))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/instance-not-found"));
  }

  @Test
  void refusesAnAccountOfNoOrganisation() throws Exception {
    assertThat(shown("000000000001", "i-0a1b2c3d4e"))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("aws-iid/account-not-in-organization"));
  }
}
