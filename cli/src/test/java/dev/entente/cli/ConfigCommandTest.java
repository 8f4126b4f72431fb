package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigCommandTest {
  /// Where a checkout of SPIRE lies, if the run may look at its own files.
  private static final String SPIRE_SOURCE = "SPIRE_SOURCE";

  @TempDir Path dir;

  private final Console console = new Console();

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("spire.conf"), text);
  }

  private static String everyKey(String section) throws IOException {
    var name = "/dev/entente/cli/spire/" + section + "-every-key.conf";
    try (var in = Objects.requireNonNull(ConfigCommandTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// With files that are really there: attestors read an authority and a kubeconfig at the start.
  private Path everyKeyFile(String section) throws IOException {
    return file(withFilesThatAreThere(everyKey(section)));
  }

  private String withFilesThatAreThere(String text) throws IOException {
    var kubeconfig = dir.resolve("kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        current-context: c
        clusters: [{name: k, cluster: {server: 'https://k.example', certificate-authority: ca}}]
        users: [{name: u, user: {tokenFile: token}}]
        contexts: [{name: c, context: {cluster: k, user: u}}]
        """);
    var hostAuthorities = dir.resolve("ssh-authorities");
    Files.writeString(
        hostAuthorities,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG/IrTu2e9jGC+PlMcpYybB+XWWRjufy6XQTiqoukfpT\n");
    var authority = dir.resolve("ca.pem");
    Files.writeString(authority, Pem.encodeCertificates(List.of(someAuthority())));
    return text.replaceAll("kube_config_file = .*", "kube_config_file = \"" + kubeconfig + "\"")
        .replaceAll(
            "cert_authorities_path = .*", "cert_authorities_path = \"" + hostAuthorities + "\"")
        // Excludes asking the organisation, which the file does, too.
        .replaceAll("account_list_file = .*", "")
        .replaceAll("(devid|endorsement)_ca_path = .*", "$1_ca_path = \"" + authority + "\"")
        .replaceAll("ca_bundle_path = .*", "ca_bundle_path = \"" + authority + "\"")
        .replaceAll("ca_bundle_paths = .*", "ca_bundle_paths = [\"" + authority + "\"]");
  }

  private static X509Certificate someAuthority() throws IOException {
    try {
      var keys = KeyPairGenerator.getInstance("EC").generateKeyPair();
      var name = new X500Name("CN=machines");
      var certificate =
          new JcaX509v3CertificateBuilder(
                  name,
                  BigInteger.ONE,
                  Date.from(Instant.now().minusSeconds(60)),
                  Date.from(Instant.now().plusSeconds(3600)),
                  name,
                  keys.getPublic())
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign))
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
      return new JcaX509CertificateConverter().getCertificate(certificate);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"server,broker", "agent,agent"})
  void makesAFileThatTheDaemonTakesFromOneThatUsesEveryKey(String section, String daemon)
      throws IOException {
    var target = dir.resolve("ours.yaml");

    var code =
        console.run(
            "config", "import", everyKeyFile(section).toString(), "--out", target.toString());

    assertThat(console.err()).doesNotContain("error[");
    assertThat(code).isZero();
    assertThat(console.run(daemon, "validate", "--config", target.toString())).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rw-------");
  }

  /// SPIRE's example files as they are, and once more with everything in force that stands in their
  /// remarks, but for what excludes something else there.
  @ParameterizedTest
  @Tag("interop")
  @EnabledIfEnvironmentVariable(
      named = SPIRE_SOURCE,
      matches = ".+",
      disabledReason = "SPIRE_SOURCE is not set")
  @CsvSource({
    "server, broker, false, 30",
    "server, broker, true, 230",
    "agent, agent, false, 25",
    "agent, agent, true, 130"
  })
  void makesAFileThatTheDaemonTakesFromSpiresOwnFullFile(
      String section, String daemon, boolean withRemarks, int settingsAtLeast) throws IOException {
    var conf =
        Path.of(
            Objects.requireNonNull(System.getenv(SPIRE_SOURCE)),
            "conf",
            section,
            section + "_full.conf");
    var theirs = Files.readString(conf);
    var text = withRemarks ? inNoContradiction(SpireRemarks.inForce(theirs)) : theirs;
    var target = dir.resolve("ours.yaml");

    var code =
        console.run(
            "config",
            "import",
            file(withFilesThatAreThere(text)).toString(),
            "--out",
            target.toString());

    assertThat(console.err()).doesNotContain("error[");
    assertThat(code).isZero();
    var total = Pattern.compile("(\\d+) settings: .* 0 unknown").matcher(console.err());
    assertThat(total.find()).as(console.err()).isTrue();
    assertThat(Integer.parseInt(total.group(1))).isGreaterThan(settingsAtLeast);
    assertThat(console.run(daemon, "validate", "--config", target.toString())).isZero();
  }

  /// Without the keys that exclude others of the same file, and with names for what has none there.
  private static String inNoContradiction(String text) {
    return text.replaceAll("(?m)^ *(trust_bundle_unix_socket|kubelet_secure_port) .*$", "")
        .replaceAll("(?m)^bundle_endpoint_profile \"https_web\" .*$", "")
        .replace("\"<arbitrary ID>\"", "\"one\"")
        .replaceAll("service_account_allow_list = .*", "service_account_allow_list = [\"a:b\"]")
        .replaceAll("management_account_id = .*", "management_account_id = \"123456789012\"")
        .replaceAll("assume_org_role = .*", "assume_org_role = \"reader\"");
  }

  @Test
  void printsTheFileAndTellsAboutEachKeyBesideIt() throws IOException {
    var file =
        file(
            """
            server {
              trust_domain = "example.org"
              typo = 1
            }
            plugins {
              UpstreamAuthority "vault" { plugin_data { vault_addr = "v" } }
            }
            """);

    assertThat(console.run("config", "import", file.toString())).isZero();

    assertThat(console.out())
        .startsWith("# Made from SPIRE's spire.conf.")
        .contains("trust-domain: example.org  # server.trust_domain\n");
    assertThat(console.err())
        .contains("KEY OF SPIRE")
        .containsPattern("server\\.trust_domain +2 +carried +trust-domain")
        .containsPattern("server\\.typo +3 +unknown")
        .contains("4 settings: 1 carried, 0 mapped, 2 not carried, 1 unknown");
  }

  @Test
  void writesForPrograms() throws IOException {
    var file = file("server { trust_domain = \"example.org\" }");

    assertThat(console.run("config", "import", file.toString(), "-o", "json")).isZero();

    assertThat(console.out())
        .contains("\"daemon\" : \"broker\"", "\"became\" : \"carried\"", "\"problems\" : [ ]");
    assertThat(console.err()).isEmpty();
  }

  @Test
  void saysWhatIsMissingForTheDaemonToStart() throws IOException {
    var file = file("agent { trust_domain = \"example.org\" }");

    assertThat(console.run("config", "import", file.toString())).isEqualTo(2);

    assertThat(console.err())
        .contains("error[USAGE]: the agent would not start with this file here")
        .contains("brokers: names no broker")
        .contains("fix: complete it; `entente agent validate --config FILE`");
  }

  @Test
  void leavesAFileAloneThatIsThere() throws IOException {
    var file = file("server { trust_domain = \"example.org\" }");

    assertThat(console.run("config", "import", file.toString(), "--out", file.toString()))
        .isEqualTo(6);

    assertThat(console.err()).contains("it exists");
    assertThat(Files.readString(file)).startsWith("server");
  }

  @Test
  void refusesWhatIsNotHclWithItsLine() throws IOException {
    var file = file("server {\n  trust_domain = example.org\n}");

    assertThat(console.run("config", "import", file.toString())).isEqualTo(2);

    assertThat(console.err())
        .contains("is not a configuration of SPIRE: line 2: expected a value in quotes")
        .contains("found \"example.org\"");
  }
}
