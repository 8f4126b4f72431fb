package dev.entente.cli.spire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.cli.spire.Conversion.Converted;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversionTest {
  private static final Attestors THERE =
      new Attestors(
          Set.of("join_token", "x509pop", "gcp_iit", "aws_iid"),
          Set.of("join_token", "x509pop"),
          Set.of("unix"));

  private static Converted convert(String text) {
    return convert(text, false);
  }

  private static Converted convert(String text, boolean expandEnv) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return Conversion.convert("spire.conf", bytes, expandEnv, THERE);
  }

  /// The values of our file, without comments.
  private static String values(Converted converted) {
    return converted
        .yaml()
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.replaceFirst("  # .*$", "") + "\n")
        .reduce("", String::concat);
  }

  private static Outcome outcome(Converted converted, String key) {
    return converted.outcomes().stream()
        .filter(outcome -> outcome.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void carriesTheServerAboveAndKeepsOneUpstreamAuthority() {
    var converted =
        convert(
            """
            server { trust_domain = "example.org" }
            plugins {
              UpstreamAuthority "spire" {
                plugin_data {
                  server_address = "root.example.org"
                  server_port = "8081"
                  workload_api_socket = "/run/spire/api.sock"
                }
              }
              UpstreamAuthority "disk" { plugin_data { key_file_path = "k" } }
            }
            """);

    assertThat(values(converted))
        .endsWith(
            """
            upstream-authority:
              spire:
                workload-api-socket: /run/spire/api.sock
                server: "root.example.org:8081"
            """);
    assertThat(
            outcome(converted, "plugins.UpstreamAuthority.disk.plugin_data.key_file_path").note())
        .isEqualTo("a broker has one upstream authority, and spire is it");
  }

  @Test
  void writesOurFileWithWhereEachValueCameFrom() {
    var converted =
        convert(
            """
            server {
              trust_domain = "example.org"
              bind_port = "9000"
              ca_ttl = "72h"
              ca_subject { country = ["US"], organization = ["A, B"], common_name = "" }
              federation {
                bundle_endpoint { address = "::", port = 8443 }
                federates_with "partner.example" {
                  bundle_endpoint_url = "https://partner.example/b"
                  bundle_endpoint_profile "https_spiffe" {
                    endpoint_spiffe_id = "spiffe://partner.example/spire/server"
                  }
                }
              }
            }
            plugins {
              KeyManager "memory" { plugin_data {} }
              NodeAttestor "x509pop" { plugin_data { ca_bundle_path = "/etc/ca.pem" } }
            }
            health_checks { listener_enabled = true, bind_port = "8080" }
            """);

    assertThat(values(converted))
        .isEqualTo(
            """
            trust-domain: "example.org"
            listen: "0.0.0.0:9000"
            ca:
              ttl: 3d
              subject: "O=A\\\\, B,C=US"
            federation:
              federates-with:
                "partner.example":
                  url: "https://partner.example/b"
                  profile: https_spiffe
                  endpoint-spiffe-id: "spiffe://partner.example/spire/server"
            key-manager: memory
            attestors:
              x509pop:
                ca-bundle-paths: [/etc/ca.pem]
            ops:
              address: "localhost:8080"
            listeners:
              - kind: bundle-https-spiffe
                address: "[::]:8443"
            """
                .replace("\"example.org\"", "example.org")
                .replace("\"partner.example\"", "partner.example"));
    assertThat(converted.yaml()).contains("trust-domain: example.org  # server.trust_domain\n");
  }

  @Test
  void readsTheJsonFormAlike() {
    var json =
        """
        {"server": {"trust_domain": "example.org"},
         "plugins": {"NodeAttestor": [{"join_token": {"plugin_data": {}}}]}}
        """;
    var hcl =
        """
        server { trust_domain = "example.org" }
        plugins { NodeAttestor "join_token" { plugin_data {} } }
        """;

    assertThat(values(convert(json))).isEqualTo(values(convert(hcl)));
  }

  @Test
  void namesWhatItDoesNotKnow() {
    var converted =
        convert(
            """
            server {
              trust_domain = "example.org"
              trust_domian = "typo"
            }
            plugins {
              NodeAttestor "x509pop" { plugin_data { ca_bundle = "typo" } }
              NodeAttestor "mine" {
                plugin_cmd = "/opt/mine"
                plugin_data { colour = "blue" }
              }
            }
            surprise {}
            """);

    assertThat(outcome(converted, "server.trust_domian").fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(outcome(converted, "server.trust_domian").line()).isEqualTo(3);
    assertThat(outcome(converted, "plugins.NodeAttestor.x509pop.plugin_data.ca_bundle").fate())
        .isEqualTo(Fate.UNKNOWN);
    assertThat(outcome(converted, "surprise").fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(outcome(converted, "plugins.NodeAttestor.mine").fate()).isEqualTo(Fate.NOT_CARRIED);
    assertThat(outcome(converted, "plugins.NodeAttestor.mine.plugin_data.colour").fate())
        .isEqualTo(Fate.NOT_CARRIED);
    assertThat(converted.yaml())
        .contains("# - server.trust_domian, line 3: no key of SPIRE that we know");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "ca_ttl           | \"soon\"  | \"soon\" is not a duration",
        "prune_tofu_nodes | \"maybe\" | \"maybe\" is neither true nor false",
        "bind_port        | \"http\"  | \"http\" is not a whole number",
        "trust_domain     | [\"a\"]   | it is a list, one value is expected",
        "log_level        | \"loud\"  | \"loud\" is no level",
      })
  void saysWhyAValueIsNotCarried(String key, String value, String why) {
    var converted = convert("server {\n" + key + " = " + value + "\n}");

    assertThat(outcome(converted, "server." + key).fate()).isEqualTo(Fate.NOT_CARRIED);
    assertThat(outcome(converted, "server." + key).note())
        .isEqualTo("its value cannot be carried: " + why);
  }

  @Test
  void leavesOutPluginsThatAreOffOrNotInThisBuild() {
    var converted =
        convert(
            """
            agent { trust_domain = "example.org" }
            plugins {
              NodeAttestor "x509pop" { enabled = false, plugin_data { certificate_path = "c" } }
              NodeAttestor "aws_iid" { plugin_data { ec2_metadata_endpoint = "http://x" } }
              NodeAttestor "join_token" { plugin_data {} }
            }
            """);

    assertThat(values(converted))
        .contains("attestor:\n  join_token:\n    token-file: join-token\n")
        .doesNotContain("x509pop", "aws_iid");
    assertThat(outcome(converted, "plugins.NodeAttestor.x509pop").note())
        .isEqualTo("the plugin is switched off by enabled = false");
    assertThat(
            outcome(converted, "plugins.NodeAttestor.aws_iid.plugin_data.ec2_metadata_endpoint")
                .note())
        .isEqualTo("this build has no such attestor, there are join_token, x509pop");
    assertThat(converted.remarks()).singleElement().asString().contains("entente token create");
  }

  @Test
  void carriesAnAwsAttestorThatAsksAnOrganisation() {
    var aws =
        """
        server { trust_domain = "example.org" }
        plugins { NodeAttestor "aws_iid" { plugin_data {
          assume_role = "attestor"
          %s
        } } }
        """;

    assertThat(
            values(
                convert(
                    aws.formatted(
                        """
                        verify_organization {
                          management_account_id = "123456789012"
                          assume_org_role = "org"
                          org_account_map_ttl = "5m"
                        }
                        validate_eks_cluster_membership { eks_cluster_names = ["prod"] }
                        """))))
        .contains(
            """
            attestors:
              aws_iid:
                assume-role: attestor
                verify-organization:
                  management-account-id: "123456789012"
                  assume-org-role: org
                  org-account-map-ttl: 5m
                validate-eks-cluster-membership:
                  eks-cluster-names: [prod]
            """);
    assertThat(values(convert(aws.formatted("")))).doesNotContain("aws_iid");
  }

  @Test
  void keepsOneAttestorOfAnAgent() {
    var converted =
        convert(
            """
            agent { join_token = "abc" }
            plugins {
              NodeAttestor "join_token" { plugin_data {} }
              NodeAttestor "x509pop" { plugin_data { certificate_path = "c" } }
            }
            """);

    assertThat(values(converted)).contains("  join_token:\n    token: abc\n");
    assertThat(outcome(converted, "plugins.NodeAttestor.x509pop").note())
        .isEqualTo("an agent has one attestor, and join_token is it");
  }

  @Test
  void neverShowsAValueInAnOutcome() {
    var converted = convert("agent { join_token = \"hunter2\", unknown = \"hunter3\" }");

    assertThat(converted.outcomes().toString()).doesNotContain("hunter");
  }

  @Test
  void turnsReferencesToTheEnvironmentIntoOurs() {
    var text = "agent { join_token = \"a${TOKEN}b\", socket_path = \"$DIR/api.sock\" }";

    assertThat(values(convert(text, true)))
        .contains("token: \"a${env:TOKEN}b\"", "socket: \"${env:DIR}/api.sock\"");
    assertThat(values(convert(text)))
        .contains("token: \"a$${TOKEN}b\"", "socket: \"$DIR/api.sock\"");
  }

  @Test
  void shortensTheLeadOfKeysToWhatTheLifetimeAllows() {
    var converted = convert("server { trust_domain = \"example.org\", ca_ttl = \"12m\" }");

    assertThat(values(converted)).contains("oidc-lead: 6m\n", "refresh-hint: 2m\n");
    assertThat(converted.remarks()).singleElement().asString().contains("oidc-lead is 6m");
  }

  @Test
  void saysThatThereIsNoListenerWithoutACertificate() {
    var converted =
        convert(
            """
            server { federation { bundle_endpoint { port = 443
              profile "https_web" { acme { domain_name = "b.example" } } } } }
            """);

    assertThat(values(converted)).doesNotContain("listeners");
    assertThat(converted.remarks()).singleElement().asString().contains("no ACME client");
  }

  @Test
  void refusesWhatIsNoFileOfSpire() {
    assertThatThrownBy(() -> convert("a = 1"))
        .hasMessage("neither a section server nor a section agent is in it");
    assertThatThrownBy(() -> convert("server {} agent {}"))
        .hasMessage("both a section server and a section agent are in it");
    assertThatThrownBy(() -> convert("server {")).hasMessageStartingWith("line 1: expected a name");
  }

  @ParameterizedTest
  @CsvSource({
    "1h30m,1h30m",
    "1.5h,1h30m",
    "300ms,300ms",
    "720h,30d",
    "0,0s",
    "1h0m0s,1h",
    "90s,1m30s",
    ".5m,30s"
  })
  void writesDurationsOurWay(String go, String ours) {
    assertThat(GoDuration.ours(go)).isEqualTo(ours);
  }
}
