package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own agent, unchanged, on an instance of a cloud.
@DisplayName("The real spire-agent attests to our broker from a cloud")
final class SpireAgentCloudInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void showsAnEc2InstanceIdentityDocument() {
    var clouds = new Clouds(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(clouds.attestors(false)).start();

    agent(broker).cloud("aws_iid", "ec2_metadata_endpoint", clouds.ec2Endpoint()).start();

    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> {
          assertThat(node.getId().getPath()).isEqualTo(Clouds.EC2_PATH);
          assertThat(node.getCanReattest()).isFalse();
        });
  }

  @Test
  @Needs(Peer.SPIRE_AGENT)
  void showsAComputeEngineIdentityToken() {
    var clouds = new Clouds(sandbox);
    var broker = new BrokerProcess(sandbox, "broker").with(clouds.attestors(false)).start();

    agent(broker).cloud("gcp_iit", "identity_token_host", clouds.googleHost()).start();

    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> assertThat(node.getId().getPath()).isEqualTo(Clouds.GCE_PATH));
  }

  private SpireAgentProcess agent(BrokerProcess broker) {
    return new SpireAgentProcess(sandbox, "spire", broker.address(), broker.bundleFile());
  }
}
