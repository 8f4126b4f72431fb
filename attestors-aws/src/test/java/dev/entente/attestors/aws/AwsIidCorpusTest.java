package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.aws.AwsIidCorpus.Member;
import dev.entente.attestors.aws.AwsIidCorpus.Recipe;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The corpus of `aws_iid`: good evidence, and bad evidence made of it by one mutation each.
class AwsIidCorpusTest extends CorpusContract<Recipe> {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final AwsIidCorpus CORPUS = new AwsIidCorpus();

  AwsIidCorpusTest() {
    super("aws_iid", "aws-iid/");
  }

  @Override
  protected Recipe good(String name) {
    return CORPUS.good(name);
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return CORPUS.mutations();
  }

  @Test
  void namesNodeAndSelectorsAsSpireDoes() throws Exception {
    var node = ((Attested) judge(good("good-as-aws-sends-it"))).node();

    assertThat(node.agentId())
        .hasToString(
            "spiffe://example.org/spire/agent/aws_iid/123456789012/us-west-2/i-0a1b2c3d4e");
    assertThat(node.reattestable()).isFalse();
    var name = "123456789012/us-west-2/i-0a1b2c3d4e".getBytes(StandardCharsets.US_ASCII);
    assertThat(node.oneTimeUse())
        .contains(new OneTimeUse("aws_iid", Digests.sha256Hex(name), false));
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "aws_iid:account_id:123456789012",
            "aws_iid:az:us-west-2b",
            "aws_iid:iamrole:arn:aws:iam::123456789012:role/node-role",
            "aws_iid:image:id:ami-5fb8c835",
            "aws_iid:instance:id:i-0a1b2c3d4e",
            "aws_iid:region:us-west-2",
            "aws_iid:sg:id:sg-1",
            "aws_iid:sg:name:web",
            "aws_iid:tag:Name:node-1");
  }

  @Test
  void acceptsAnInstanceFromItsFirstToItsLastMoment() throws Exception {
    for (var fromStart : List.of(AwsIidCorpus.EARLIEST, AwsIidCorpus.LATEST)) {
      assertThat(judge(CORPUS.shown(fromStart))).isInstanceOf(Attested.class);
    }
  }

  @Test
  void countsAnInstanceOnceWhateverItsDocumentLooksLike() throws Exception {
    var one = ((Attested) judge(good("good-as-aws-sends-it"))).node();
    var other = ((Attested) judge(good("good-in-der"))).node();

    assertThat(other.oneTimeUse()).isEqualTo(one.oneTimeUse());
  }

  @Override
  protected AttestationStep judge(Recipe evidence) throws AttestationFault {
    var directory =
        new Ec2Directory() {
          @Override
          public List<Ec2Instance> find(InstanceIdentity identity) {
            return evidence.found();
          }

          @Override
          public List<String> roles(InstanceIdentity identity, String profileName) {
            return List.of("arn:aws:iam::" + identity.accountId() + ":role/" + profileName);
          }
        };
    var attestor =
        new AwsIidAttestor(
            DOMAIN,
            CORPUS.config(),
            directory,
            _ -> evidence.member() != Member.OF_NO_ORGANIZATION,
            _ -> evidence.member() != Member.OF_NO_CLUSTER,
            () -> evidence.now());
    return attestor.begin(new Presentation(evidence.payload(), "192.0.2.1"));
  }
}
