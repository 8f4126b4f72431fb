package dev.entente.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A process that knows SPIFFE through the Rust crate `spiffe` only.
@DisplayName("A Rust workload of our agent")
final class RustSpiffeInteropIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static Optional<CompiledWorkload> program = Optional.empty();

  @BeforeAll
  static void compile() {
    if (Peer.CARGO.missing().isEmpty()) {
      program = Optional.of(CompiledWorkload.rust(SANDBOX));
    }
  }

  @Test
  @Needs(Peer.CARGO)
  void holdsAnSvidThatIsRotatedBothBundleSetsAndTokensThatItAndTheAgentAccept() throws Exception {
    var broker = new BrokerProcess(SANDBOX, "broker").start();
    storePartnersBundle(broker);
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(SANDBOX, "agent", broker).joinToken(token).start();
    var entry =
        AdminApi.entry(
            "/spire/agent/join_token/" + token, "/crab", program.orElseThrow().selector("crab"));
    broker
        .admin()
        .createEntry(entry.setX509SvidTtl(30).addFederatesWith("partner.example").build());
    var crab = program.orElseThrow().start("crab", agent.socket());

    var current = crab.ask("x509");
    assertThat(current).containsEntry("id", "spiffe://td.example/crab");
    assertThat(Instant.now()).isBefore(Instant.parse(requireNonNull(current.get("not-after"))));
    crab.ask("watch");
    var first = crab.event();
    assertThat(crab.ask("bundles"))
        .containsEntry("x509", onlyAuthority(broker))
        .containsEntry("x509-domains", "partner.example,td.example")
        .hasEntrySatisfying("jwt-domains", domains -> assertThat(domains).contains("td.example"))
        .hasEntrySatisfying("jwt", keys -> assertThat(keys).isNotEmpty());
    var jwt = crab.ask("jwt backend");
    assertThat(crab.ask("validate backend " + jwt.get("token")))
        .containsEntry("id", "spiffe://td.example/crab")
        .containsEntry("agent", "spiffe://td.example/crab");
    assertThat(crab.refusal("validate other " + jwt.get("token"))).isNotEmpty();
    assertThat(crab.event().get("serial")).isNotEqualTo(first.get("serial"));
  }

  private static void storePartnersBundle(BrokerProcess broker) throws IOException {
    var partner = new MachineAuthority(SANDBOX.subdirectory("partner"));
    var file = partner.certificateFile().toString();
    Cli.of(SANDBOX, broker)
        .run("bundle", "set", "partner.example", "--file", file, "--format", "pem")
        .value();
  }

  private static String onlyAuthority(BrokerProcess broker) throws NoSuchAlgorithmException {
    var authority = broker.admin().bundle().getX509Authorities(0).getAsn1().toByteArray();
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(authority));
  }
}
