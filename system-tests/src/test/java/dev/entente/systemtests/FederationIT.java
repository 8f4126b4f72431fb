package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Federation as two operators type it: a relationship from its creation to its end, and bundles
/// carried by hand.
@Order(6)
@DisplayName("Federation from the command line")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class FederationIT {
  private static final String PARTNER = "partner.example";

  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static Cli cli;
  private static Cli partnerCli;
  private static String address;
  private static Path partnerBundle;

  @BeforeAll
  static void startTwoBrokers() throws IOException {
    address = SANDBOX.freeAddress();
    var broker =
        new BrokerProcess(SANDBOX, "broker").with("federation: {allow-private-addresses: true}");
    var partner =
        new BrokerProcess(SANDBOX, "partner")
            .trustDomain(PARTNER)
            .with("listeners: [{kind: bundle-https-spiffe, address: \"%s\"}]".formatted(address));
    broker.launch();
    partner.start();
    broker.awaitReady();
    cli = Cli.of(SANDBOX, broker);
    partnerCli = Cli.of(SANDBOX, partner);
    partnerBundle =
        Files.writeString(
            SANDBOX.directory().resolve("partner.json"),
            partnerCli.run("bundle", "show", "--format", "spiffe").value());
  }

  @Test
  @Order(1)
  void createsARelationshipAndFetches() {
    assertThat(create()).contains(PARTNER, "created");
    assertThat(cli.run("federation", "refresh", PARTNER).value()).contains(PARTNER, "fetched");
    assertThat(cli.run("federation", "list").value())
        .contains(PARTNER, "https_spiffe", address, "spiffe://partner.example/spire/server");
    assertThat(cli.run("federation", "show", PARTNER).value())
        .contains("https_spiffe", "1 X.509 and 2 JWT authorities");
    assertThat(cli.run("bundle", "show", PARTNER).value())
        .isEqualTo(partnerCli.run("bundle", "show").value());
  }

  @Test
  @Order(2)
  void refusesASecondOneAndOneThatDoesNotExist() {
    var again = cli.run("federation", "create", PARTNER, "--web", "--url", "https://" + address);
    var unknown = cli.run("federation", "show", "nobody.example");

    assertThat(again.exitCode()).isEqualTo(6);
    assertThat(again.err()).contains("error[CONFLICT]", PARTNER);
    assertThat(unknown.exitCode()).isEqualTo(3);
    assertThat(unknown.err()).contains("error[NOT_FOUND]");
  }

  @Test
  @Order(3)
  void changesWhatIsGivenAndSaysWhyAFetchFailed() {
    var nobody = SANDBOX.freeAddress();

    var changed = cli.run("federation", "update", PARTNER, "--url", "https://" + nobody);

    assertThat(changed.value()).contains(PARTNER, "changed");
    assertThat(cli.run("federation", "show", PARTNER).value())
        .contains(nobody, "https_spiffe", "spiffe://partner.example/spire/server");
    var refused = cli.run("federation", "refresh", PARTNER);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.err()).contains("error[", PARTNER);
    assertThat(cli.run("bundle", "show", PARTNER).value()).as("kept").contains("BEGIN");
  }

  @Test
  @Order(4)
  void endsARelationshipAndKeepsTheBundleIfToldTo() {
    assertThat(cli.run("federation", "delete", PARTNER, "--keep-bundle").value())
        .contains(PARTNER, "ended");

    assertThat(cli.run("federation", "list").err()).contains("no federation");
    assertThat(cli.run("bundle", "list").value()).contains(PARTNER);
    assertThat(cli.run("bundle", "delete", PARTNER).value()).contains(PARTNER, "deleted");
    assertThat(cli.run("bundle", "show", PARTNER).exitCode()).isEqualTo(3);
  }

  @Test
  @Order(5)
  void takesABundleThatSomebodyBrought() {
    var file = partnerBundle.toString();

    var stored = cli.run("bundle", "set", PARTNER, "--file", file, "--format", "spiffe");

    assertThat(stored.value()).contains(PARTNER, "stored");
    assertThat(cli.run("bundle", "show", PARTNER).value())
        .isEqualTo(partnerCli.run("bundle", "show").value());
    assertThat(cli.run("bundle", "count").value()).contains("2");
  }

  @Test
  @Order(6)
  void endsARelationshipTogetherWithItsBundle() {
    create();

    assertThat(cli.run("federation", "delete", PARTNER).value())
        .contains("federation with partner.example ended", "bundle of partner.example deleted");

    assertThat(cli.run("federation", "list").err()).contains("no federation");
    assertThat(cli.run("bundle", "show", PARTNER).exitCode()).isEqualTo(3);
  }

  private static String create() {
    return cli.run(
            "federation",
            "create",
            PARTNER,
            "--url",
            "https://" + address,
            "--endpoint-spiffe-id",
            "spiffe://partner.example/spire/server",
            "--bundle",
            partnerBundle.toString())
        .value();
  }
}
