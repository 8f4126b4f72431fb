package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.BrokerConfig.Connections;
import dev.entente.broker.BrokerConfig.Federation.Peer;
import dev.entente.broker.BrokerConfig.KeyManagerKind;
import dev.entente.broker.BrokerConfig.Listener.Kind;
import dev.entente.broker.api.RateLimits;
import dev.entente.broker.audit.AuditRetention;
import dev.entente.broker.authority.JwtAlgorithmRule;
import dev.entente.broker.authority.SubjectName;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.ConfigFile;
import dev.entente.runtime.DefaultPlaces;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogFormat;
import dev.entente.runtime.LogLevel;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrokerConfigTest {
  private static BrokerConfig read(String yaml) {
    return ConfigFile.load(ConfigFile.parse("broker.yaml", yaml), BrokerConfigReader::read);
  }

  private static BrokerConfig readMore(String yaml) {
    return read("trust-domain: example.org\n" + yaml);
  }

  private static BrokerConfig example() throws Exception {
    try (var in = BrokerConfig.class.getResourceAsStream("broker-example.yaml")) {
      return read(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void oneLineIsEnough() {
    var config = readMore("");

    assertThat(config.trustDomain()).isEqualTo(TrustDomain.parse("example.org"));
    assertThat(config.listen()).isEqualTo(new ListenAddress("0.0.0.0", 8081));
    assertThat(config.ops()).isEmpty();
    assertThat(config.ca().keyType()).isEqualTo(KeyAlgorithm.EC_P256);
    assertThat(config.ca().ttl()).isEqualTo(Duration.ofHours(24));
    assertThat(config.ca().subject()).isEqualTo(SubjectName.parse("O=SPIFFE,C=US"));
    assertThat(config.svid().x509Ttl()).isEqualTo(Duration.ofHours(1));
    assertThat(config.svid().jwtTtl()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.svid().agentTtl()).isEqualTo(Duration.ofHours(1));
    assertThat(config.jwt().issuer()).isEmpty();
    assertThat(config.jwt().algorithm()).isEqualTo(JwtAlgorithmRule.DEFAULT);
    assertThat(config.jwt().lead()).isEqualTo(Duration.ofHours(1));
    assertThat(config.refreshHint()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.adminIds()).isEmpty();
    assertThat(config.attestors()).containsOnlyKeys("join_token");
    assertThat(config.listeners()).isEmpty();
    assertThat(config.federation().federatesWith()).isEmpty();
    assertThat(config.federation().strict()).isTrue();
    assertThat(config.federation().allowPrivateAddresses()).isFalse();
    assertThat(config.federation().followRedirects()).isTrue();
    assertThat(config.federation().webAuthorities()).isEmpty();
    assertThat(config.limits()).isEqualTo(RateLimits.Settings.DEFAULT);
    assertThat(config.connections()).isEqualTo(Connections.DEFAULT);
    assertThat(config.keyManager()).isEqualTo(KeyManagerKind.DISK);
    assertThat(config.maxViewAge()).isEqualTo(Duration.ofHours(1));
    assertThat(config.prune())
        .isEqualTo(new BrokerConfig.Prune(Duration.ofMinutes(5), Optional.empty(), false));
    assertThat(config.audit())
        .isEqualTo(new AuditRetention(Optional.of(Duration.ofDays(90)), OptionalLong.empty()));
  }

  @Test
  void theExampleSaysTheDefaults() throws Exception {
    var example = example();
    var plain = readMore("");

    assertThat(example.listen()).isEqualTo(plain.listen());
    assertThat(example.ca()).isEqualTo(plain.ca());
    assertThat(plain.upstream()).isEmpty();
    assertThat(example.svid()).isEqualTo(plain.svid());
    assertThat(example.jwt().algorithm()).isEqualTo(plain.jwt().algorithm());
    assertThat(example.jwt().lead()).isEqualTo(plain.jwt().lead());
    assertThat(example.refreshHint()).isEqualTo(plain.refreshHint());
    assertThat(example.attestors()).containsOnlyKeys("join_token");
    assertThat(example.limits()).isEqualTo(plain.limits());
    assertThat(example.connections()).isEqualTo(plain.connections());
    assertThat(example.keyManager()).isEqualTo(plain.keyManager());
    assertThat(example.maxViewAge()).isEqualTo(plain.maxViewAge());
    assertThat(example.federation().strict()).isEqualTo(plain.federation().strict());
    assertThat(example.log().format()).isEqualTo(LogFormat.TEXT);
    assertThat(example.log().level()).isEqualTo(LogLevel.INFO);
  }

  @Test
  void theExampleShowsWhatHasNoDefault() throws Exception {
    var example = example();

    assertThat(example.dataDir()).isEqualTo(Path.of("/var/lib/entente/broker"));
    assertThat(example.socket()).isEqualTo(Path.of("/run/entente/broker/broker.sock"));
    assertThat(example.log().file()).contains(Path.of("/var/log/entente/broker.log"));
    assertThat(example.ops()).contains(new ListenAddress("127.0.0.1", 9901));
    assertThat(example.upstream())
        .contains(
            new BrokerConfig.UpstreamFiles(
                Path.of("/etc/entente/upstream/ca.pem"),
                Path.of("/etc/entente/upstream/ca.key"),
                Optional.of(Path.of("/etc/entente/upstream/roots.pem"))));
    assertThat(example.jwt().issuer()).contains(OidcIssuer.parse("https://oidc.example.org"));
    assertThat(example.adminIds())
        .containsExactly(SpiffeId.parse("spiffe://example.org/ops/console"));
    assertThat(example.listeners())
        .extracting(BrokerConfig.Listener::kind)
        .containsExactly(Kind.BUNDLE_HTTPS_SPIFFE, Kind.BUNDLE_HTTPS_WEB, Kind.OIDC);
    assertThat(example.listeners().get(2).hosts()).isEqualTo(Set.of("oidc.example.org"));
    assertThat(example.federation().federatesWith())
        .containsEntry(
            TrustDomain.parse("partner.example"),
            new Peer(
                URI.create("https://bundle.partner.example/"),
                Optional.of(SpiffeId.parse("spiffe://partner.example/spire/server")),
                Optional.of(Path.of("/etc/entente/partner-bundle.json"))))
        .containsEntry(
            TrustDomain.parse("other.example"),
            new Peer(
                URI.create("https://other.example/bundle"), Optional.empty(), Optional.empty()));
    assertThat(example.prune().nodesExpiredFor()).contains(Duration.ofDays(30));
  }

  @Test
  void mapsEachKeyThatTheExampleLeavesAtItsDefault() {
    var config =
        readMore(
            """
            listen: "[::1]:9000"
            ca: {key-type: ec-p384, ttl: 72h, subject: "O=Example"}
            svid: {x509-ttl: 2h, jwt-ttl: 1m}
            jwt-algorithm: es256
            jwt-rs256-audiences: [a, b*]
            oidc-lead: 10m
            wit-svids: true
            refresh-hint: 1m
            federates-with-policy: lenient
            limits:
              attest-burst: 1
              attest-per-second: 2
              csrs-per-second: 3
              jwts-per-second: 4
              connections: 5
              connections-per-peer: 6
              https-connections: 7
              https-connections-per-address: 8
            key-manager: memory
            max-view-age: 2h
            prune: {every: 1m, tofu-nodes: true}
            audit: {retain: forever, retain-size: 1GiB}
            log: {format: json, level: debug}
            """);

    assertThat(config.listen()).isEqualTo(new ListenAddress("::1", 9000));
    assertThat(config.ca().keyType()).isEqualTo(KeyAlgorithm.EC_P384);
    assertThat(config.ca().ttl()).isEqualTo(Duration.ofDays(3));
    assertThat(config.ca().subject()).isEqualTo(SubjectName.parse("O=Example"));
    assertThat(config.svid().agentTtl()).as("agent-ttl follows").isEqualTo(Duration.ofHours(2));
    assertThat(config.svid().jwtTtl()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.jwt().algorithm().choice()).isEqualTo(JwtAlgorithmRule.Choice.ES256);
    assertThat(config.jwt().algorithm().rs256Audiences()).containsExactly("a", "b*");
    assertThat(config.jwt().lead()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.refreshHint()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.witSvids()).isTrue();
    assertThat(config.federation().strict()).isFalse();
    assertThat(config.limits()).isEqualTo(new RateLimits.Settings(1, 2, 3, 4));
    assertThat(config.connections()).isEqualTo(new Connections(5, 6, 7, 8));
    assertThat(config.keyManager()).isEqualTo(KeyManagerKind.MEMORY);
    assertThat(config.maxViewAge()).isEqualTo(Duration.ofHours(2));
    assertThat(config.prune())
        .isEqualTo(new BrokerConfig.Prune(Duration.ofMinutes(1), Optional.empty(), true));
    assertThat(config.audit())
        .isEqualTo(new AuditRetention(Optional.empty(), OptionalLong.of(1L << 30)));
    assertThat(config.log().format()).isEqualTo(LogFormat.JSON);
    assertThat(config.log().level()).isEqualTo(LogLevel.DEBUG);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trust-domian: example.org | trust-domian",
        "trust-domain: Example.org | trust-domain",
        "listen: 8081 | listen",
        "ca: {key-type: ed25519} | ca.key-type",
        "ca: {ttl: 1s} | ca.ttl",
        "upstream-authority: {} | upstream-authority",
        "upstream-authority: {vault: {}} | upstream-authority",
        "upstream-authority: {disk: {key-file: k}} | upstream-authority.disk.certificate-file",
        "upstream-authority: {disk: {certificate-file: c}} | upstream-authority.disk.key-file",
        "upstream-authority: {disk: {}, spire: {}} | names two kinds",
        "upstream-authority: {spire: {}} | upstream-authority.spire.server",
        "upstream-authority: {spire: {server: 'a'}} | upstream-authority.spire.server",
        "upstream-authority: {spire: {server: 'a:0'}} | upstream-authority.spire.server",
        "upstream-authority: {spire: {server: 'a:1', key: k}} | upstream-authority.spire.key",
        "wit-svids: maybe | wit-svids",
        "jwt-issuer: http://a.example | jwt-issuer",
        "jwt-rs256-audiences: [a*b] | jwt-rs256-audiences",
        "admin-ids: [spiffe://example.org] | admin-ids",
        "attestors: {aws_iid_typo: {}} | aws_iid_typo",
        "federates-with-policy: loose | federates-with-policy",
        "limits: {csrs-per-second: -1} | limits.csrs-per-second",
        "limits: {connections: 1} | limits.connections",
        "key-manager: paper | key-manager",
        "unknown: 1 | unknown",
        "listeners: [{kind: oidc, address: 'h:1', certificate-file: c, key-file: k}] | jwt-issuer",
        "listeners: [{kind: bundle-https-web, address: 'h:1'}] | certificate-file",
        "listeners: [{kind: ftp, address: 'h:1'}] | kind",
        "listeners: [{kind: bundle-https-spiffe, address: 'h:1', moved-to: 'http://x'}] | moved-to",
        "listeners: [{kind: bundle-https-spiffe, address: 'h:1', moved-to: 'https://u@x'}] | moved",
        "listeners: [{kind: bundle-https-web, address: 'h:1', moved-to: 'http://x'}] | moved-to",
        "listeners: [{kind: bundle-https-web, address: 'h:1', moved-to: 'https://u@x'}] | moved-to",
        "listeners: [{kind: oidc, address: 'h:1', moved-to: 'https://x'}] | moved-to",
        "federation: {federates-with: {a.b: {url: 'http://x', profile: https_web}}} | url",
        "federation: {federates-with: {a.b: {url: 'https://x', profile: https_spiffe}}} | endpoint",
        "federation: {federates-with: {example.org: {url: 'https://x', profile: https_web}}} | own",
      })
  @Tag("-FED-26")
  @Tag("-FED-38")
  @Tag("-FED-66")
  @Tag("-FED-51")
  @Tag("-ID-15")
  void refusesWithTheKeyNamed(String line, String named) {
    var yaml = line.startsWith("trust-dom") ? line : "trust-domain: example.org\n" + line;

    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(named);
  }

  @Test
  void refusesWitSvidsBelowAnotherServer() {
    var above = "upstream-authority: {spire: {server: 'a:1'}}\n";

    assertThatThrownBy(() -> readMore(above + "wit-svids: true\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("wit-svids");
    assertThat(readMore(above + "wit-svids: false\n").witSvids()).isFalse();
    assertThat(readMore(above).witSvids()).isFalse();
  }

  @Test
  void readsWhereTheServerAboveIs() {
    var config =
        readMore(
            "upstream-authority: {spire: {server: '[::1]:8081', workload-api-socket: /run/w/s}}");

    assertThat(config.upstream())
        .contains(
            new BrokerConfig.UpstreamServer(new ListenAddress("::1", 8081), Path.of("/run/w/s")));
    assertThat(readMore("upstream-authority: {spire: {server: 'above.example:8081'}}").upstream())
        .contains(
            new BrokerConfig.UpstreamServer(
                new ListenAddress("above.example", 8081),
                DefaultPlaces.ofProcess().workloadSocket()));
  }

  @Test
  void refusesASocketPathThatDoesNotFitWithItsLength() {
    var path = "/" + "x".repeat(107);

    assertThatThrownBy(() -> readMore("socket: " + path))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("108 bytes")
        .hasMessageContaining("107");
    assertThat(readMore("socket: /" + "x".repeat(106)).socket()).isNotNull();
  }

  @Test
  void listenersShareAnAddressOnlyUnderDifferentNames() {
    var spiffe = "{kind: bundle-https-spiffe, address: 'h:1', hosts: [a.example]}";
    var web = "kind: bundle-https-web, address: 'h:1', certificate-file: c, key-file: k";

    assertThat(
            readMore("listeners: [" + spiffe + ", {" + web + ", hosts: [b.example]}]").listeners())
        .hasSize(2);
    assertThatThrownBy(
            () -> readMore("listeners: [" + spiffe + ", {" + web + ", hosts: [A.example]}]"))
        .hasMessageContaining("a.example");
    assertThatThrownBy(() -> readMore("listeners: [" + spiffe + ", {" + web + "}]"))
        .hasMessageContaining("must name its hosts");
  }

  @Test
  void showsEveryProblemAtOnce() {
    assertThatThrownBy(() -> readMore("listen: x\nmax-view-age: 1\nkey-manager: paper"))
        .hasMessageContaining("listen")
        .hasMessageContaining("max-view-age")
        .hasMessageContaining("key-manager");
  }
}
