package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.systemtests.SoftwareTpm.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Nodes whose DevID key is in a TPM that `swtpm` emulates: the shipped halves with each other, and
/// each with SPIRE's own other half.
@DisplayName("Nodes with a DevID in a TPM")
final class TpmDevIdIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  /// A machine that was set up: its TPM, a DevID in it, and who certified that.
  private record Machine(
      SoftwareTpm tpm, SoftwareTpm.DevId devId, Path certificate, MachineAuthority authority) {
    static Machine setUp(Sandbox sandbox, Kind kind) throws IOException {
      var tpm = new SoftwareTpm(sandbox);
      var devId = tpm.makeDevId(kind);
      var authority = new MachineAuthority(sandbox.subdirectory("authority"));
      return new Machine(tpm, devId, authority.certify("node-1", devId.key()), authority);
    }

    String evidence() {
      return """
      tpm_devid: {devid-priv-path: %s, devid-pub-path: %s, devid-cert-path: %s, \
      tpm-device-path: %s}\
      """
          .formatted(devId.secret(), devId.area(), certificate, tpm.socket());
    }

    BrokerProcess broker(Sandbox sandbox) {
      return broker(sandbox, authority);
    }

    /// A broker that believes DevIDs of that authority.
    BrokerProcess broker(Sandbox sandbox, MachineAuthority believed) {
      return new BrokerProcess(sandbox, "broker")
          .with(
              "attestors: {tpm_devid: {devid-ca-path: %s, endorsement-ca-path: %s}}"
                  .formatted(believed.certificateFile(), tpm.makersCertificate()))
          .start();
    }
  }

  private static void assertOnlyNode(BrokerProcess broker) {
    assertThat(broker.admin().agents())
        .singleElement()
        .satisfies(node -> {
          assertThat(node.getId().getPath()).matches("/spire/agent/tpm_devid/[0-9a-f]{40}");
          assertThat(node.getCanReattest()).isTrue();
          assertThat(node.getSelectorsList())
              .extracting(it -> it.getValue().replaceFirst("[0-9a-f]{40}", "…"))
              .containsExactlyInAnyOrder(
                  "subject:cn:node-1", "issuer:cn:machines", "ca:fingerprint:…");
        });
  }

  @ParameterizedTest
  @EnumSource
  @Needs({Peer.SWTPM, Peer.SWTPM_SETUP})
  void attestToOurBroker(Kind kind) throws IOException {
    var machine = Machine.setUp(sandbox, kind);
    var broker = machine.broker(sandbox);

    var agent = new AgentProcess(sandbox, "agent", broker).attestor(machine.evidence()).start();

    assertOnlyNode(broker);
    new NodeJourney(sandbox, broker)
        .assertServes(agent, "tpm_devid:subject:cn:node-1", Map.of("subject", "CN=node-1"));
    agent.kill();
  }

  @Test
  @Needs({Peer.SWTPM, Peer.SWTPM_SETUP})
  void tellTheOperatorAloneWhyTheyAreRefused() throws IOException {
    var machine = Machine.setUp(sandbox, Kind.ECC);
    var broker =
        machine.broker(sandbox, new MachineAuthority(sandbox.subdirectory("other-authority")));

    new NodeJourney(sandbox, broker)
        .assertRefuses(
            new AgentProcess(sandbox, "agent", broker).attestor(machine.evidence()),
            "tpm_devid",
            "tpm_devid/untrusted-devid",
            "signature check failed");
  }

  @ParameterizedTest
  @EnumSource
  @Needs({Peer.SWTPM, Peer.SWTPM_SETUP, Peer.SPIRE_AGENT})
  void attestToOurBrokerWithTheRealSpireAgent(Kind kind) throws IOException {
    var machine = Machine.setUp(sandbox, kind);
    var broker = machine.broker(sandbox);

    new SpireAgentProcess(sandbox, "spire", broker.address(), broker.bundleFile())
        .evidence(
            "tpm_devid",
            """
            devid_priv_path = "%s"
            devid_pub_path = "%s"
            devid_cert_path = "%s"
            tpm_device_path = "%s"
            """
                .formatted(
                    machine.devId().secret(),
                    machine.devId().area(),
                    machine.certificate(),
                    machine.tpm().socket()))
        .start();

    assertOnlyNode(broker);
  }

  @ParameterizedTest
  @EnumSource
  @Needs({Peer.SWTPM, Peer.SWTPM_SETUP, Peer.SPIRE_SERVER})
  void attestToTheRealSpireServerWithOurAgent(Kind kind) throws IOException {
    var machine = Machine.setUp(sandbox, kind);
    var server =
        new SpireServerProcess(sandbox, "spire")
            .attestor(
                "tpm_devid",
                """
                devid_ca_path = "%s"
                endorsement_ca_path = "%s"
                """
                    .formatted(
                        machine.authority().certificateFile(), machine.tpm().makersCertificate()))
            .start();

    var agent =
        new AgentProcess(sandbox, "agent", server.address(), server.bundleFile())
            .attestor(machine.evidence())
            .start();

    assertThat(server.cli().run("agent", "list").value())
        .contains("spiffe://td.example/spire/agent/tpm_devid/");
    agent.kill();
  }
}
