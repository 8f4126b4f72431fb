package dev.entente.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.endpoint.SdsSettings;
import dev.entente.agent.endpoint.SpiffeBrokerSettings;
import dev.entente.agent.endpoint.WorkloadApiLimits;
import dev.entente.agent.endpoint.WorkloadProfile;
import dev.entente.agent.node.Bootstrap;
import dev.entente.agent.node.BrokerAddress;
import dev.entente.agent.node.RebootstrapPolicy;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.runtime.ConfigException;
import dev.entente.runtime.ConfigFile;
import dev.entente.runtime.DefaultPlaces;
import dev.entente.runtime.ListenAddress;
import dev.entente.runtime.LogFormat;
import dev.entente.runtime.LogLevel;
import dev.entente.runtime.LogOptions;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
  private static final String SMALLEST =
      """
      trust-domain: example.org
      brokers: ["127.0.0.1:8081"]
      bootstrap: {insecure-bootstrap: true}
      attestor: {join_token: {token: t}}
      """;

  private static AgentConfig read(String yaml) {
    return ConfigFile.load(ConfigFile.parse("agent.yaml", yaml), AgentConfigReader::read);
  }

  @Test
  @Tag("+WEP-01")
  @Tag("+WEP-05")
  @Tag("+WEP-06")
  void theSmallestFileLeavesTheDefaults() {
    var config = read(SMALLEST);

    assertThat(config.trustDomain()).isEqualTo(TrustDomain.parse("example.org"));
    assertThat(config.dataDir()).isEqualTo(DefaultPlaces.ofProcess().dataDir("agent"));
    assertThat(config.brokers()).containsExactly(new BrokerAddress("127.0.0.1", 8081));
    assertThat(config.socket()).isEqualTo(DefaultPlaces.ofProcess().workloadSocket());
    assertThat(config.adminSocket()).isEqualTo(DefaultPlaces.ofProcess().agentSocket());
    assertThat(config.bootstrap()).isEqualTo(new Bootstrap.Insecure());
    assertThat(config.rebootstrap())
        .isEqualTo(new RebootstrapPolicy(RebootstrapPolicy.Mode.NEVER, Duration.ofMinutes(10)));
    assertThat(config.attestor().type()).isEqualTo("join_token");
    assertThat(config.workloadAttestors()).containsOnlyKeys("unix");
    assertThat(config.svidStores()).isEmpty();
    assertThat(config.svid()).isEqualTo(SvidCacheSettings.DEFAULT);
    assertThat(config.log()).isEqualTo(LogOptions.DEFAULT);
    assertThat(config.ops()).isEmpty();
    assertThat(config.allowUnauthenticatedVerifiers()).isFalse();
    assertThat(config.allowedForeignJwtClaims()).isEmpty();
    assertThat(config.authorizedDelegates()).isEmpty();
    assertThat(config.sds()).contains(SdsSettings.DEFAULT);
    assertThat(config.spiffeBroker()).isEmpty();
    assertThat(config.profiles()).isEqualTo(WorkloadProfile.STABLE);
    assertThat(config.limits()).isEqualTo(WorkloadApiLimits.DEFAULT);
    assertThat(config.syncInterval()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void everyKeyReachesItsValue() {
    var config =
        read(
            """
            trust-domain: example.org
            data-dir: /d
            brokers: ["a.example:1", "[::1]:2", "a.example:1"]
            socket: /s/api.sock
            admin-socket: /t/admin.sock
            bootstrap: {trust-bundle-url: "http://localhost/b", trust-bundle-socket: /u, format: spiffe}
            rebootstrap: {mode: auto, delay: 1m}
            attestor: {join_token: {token: t}}
            workload-attestors:
              unix: {discover-workload-path: true}
              docker:
                docker-socket-path: unix:///run/d.sock
                podman-socket-path: /run/p.sock
                podman-socket-path-template: unix:///run/user/%d/p.sock
                docker-version: "1.44"
                use-new-container-locator: false
                container-id-cgroup-matchers: [/docker/<id>, "/my.slice/*/<id>/*"]
                verbose-container-locator-logs: true
              k8s:
                kubelet-secure-port: 1
                max-poll-attempts: 2
                poll-retry-interval: 1s
                kubelet-ca-path: /ca
                certificate-path: /c
                private-key-path: /k
                node-name: n
                node-name-env: N
                reload-interval: 2m
                disable-container-selectors: true
                use-new-container-locator: true
                verbose-container-locator-logs: true
              systemd: {}
            svid-stores: {file: {directory: /svids, group-readable: true}}
            svid:
              key-type: rsa-2048
              availability-target: 24h
              x509-cache-size: 7
              jwt-cache-size: 8
            log: {format: json, level: debug, file: /l}
            ops: {address: "127.0.0.1:9"}
            allow-unauthenticated-verifiers: true
            allowed-foreign-jwt-claims: [email]
            authorized-delegates: ["spiffe://example.org/cni"]
            sds:
              default-svid-name: me
              default-bundle-name: home
              default-all-bundles-name: everyone
              disable-spiffe-cert-validation: true
            spiffe-broker-api:
              enabled: true
              socket: /run/b/api.sock
              authorized-brokers: ["spiffe://example.org/proxy"]
            profiles: [jwt]
            wit-svids: true
            limits: {connections: 1, connections-per-user: 2, streams: 3, streams-per-user: 4}
            sync-interval: 7s
            """);

    assertThat(config.dataDir()).isEqualTo(Path.of("/d"));
    assertThat(config.brokers())
        .containsExactly(new BrokerAddress("a.example", 1), new BrokerAddress("::1", 2));
    assertThat(config.socket()).isEqualTo(Path.of("/s/api.sock"));
    assertThat(config.adminSocket()).isEqualTo(Path.of("/t/admin.sock"));
    assertThat(config.bootstrap())
        .isEqualTo(
            new Bootstrap.BundleUrl(
                URI.create("http://localhost/b"),
                Optional.of(Path.of("/u")),
                Bootstrap.Format.SPIFFE));
    assertThat(config.rebootstrap())
        .isEqualTo(new RebootstrapPolicy(RebootstrapPolicy.Mode.AUTO, Duration.ofMinutes(1)));
    assertThat(config.workloadAttestors()).containsOnlyKeys("unix", "docker", "k8s", "systemd");
    assertThat(config.svidStores()).containsOnlyKeys("file");
    assertThat(config.svid())
        .isEqualTo(new SvidCacheSettings(KeyAlgorithm.RSA_2048, Duration.ofHours(24), 7, 8));
    assertThat(config.log())
        .isEqualTo(new LogOptions(LogFormat.JSON, LogLevel.DEBUG, Optional.of(Path.of("/l"))));
    assertThat(config.ops()).contains(new ListenAddress("127.0.0.1", 9));
    assertThat(config.allowUnauthenticatedVerifiers()).isTrue();
    assertThat(config.allowedForeignJwtClaims()).isEqualTo(Set.of("email"));
    assertThat(config.authorizedDelegates())
        .containsExactly(SpiffeId.parse("spiffe://example.org/cni"));
    assertThat(config.sds()).contains(new SdsSettings("me", "home", "everyone", true));
    assertThat(config.spiffeBroker())
        .contains(
            new SpiffeBrokerSettings(
                Path.of("/run/b/api.sock"), Set.of(SpiffeId.parse("spiffe://example.org/proxy"))));
    assertThat(config.profiles()).containsOnly(WorkloadProfile.JWT, WorkloadProfile.WIT);
    assertThat(config.limits()).isEqualTo(new WorkloadApiLimits(1, 2, 3, 4));
    assertThat(config.syncInterval()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void theExampleFileIsRead() throws IOException {
    try (var example = AgentConfig.class.getResourceAsStream("agent-example.yaml")) {
      var yaml =
          new String(example.readAllBytes(), StandardCharsets.UTF_8)
              .replace("${env:ENTENTE_JOIN_TOKEN}", "t");

      var config = read(yaml);

      assertThat(config.bootstrap())
          .isEqualTo(
              new Bootstrap.BundleFile(Path.of("/etc/entente/bundle.pem"), Bootstrap.Format.PEM));
      assertThat(config.ops()).isPresent();
    }
  }

  @ParameterizedTest
  @CsvSource({"never, true", "auto, false", "always, false"})
  void whoeverAnswersFirstIsNotBelievedAgainAndAgain(String mode, boolean accepted) {
    var yaml = SMALLEST + "rebootstrap: {mode: " + mode + "}\n";

    if (accepted) {
      assertThat(read(yaml).rebootstrap().mode()).isEqualTo(RebootstrapPolicy.Mode.NEVER);
    } else {
      assertThatThrownBy(() -> read(yaml))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("rebootstrap.mode: must be never with insecure-bootstrap");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {insecure-bootstrap: true,"
            + " trust-bundle-file: /b} | exactly one of",
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {} | exactly one of",
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {insecure-bootstrap: false} | no trust"
            + " bundle is named",
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {trust-bundle-url: 'http://a/b'} |"
            + " https URL",
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {trust-bundle-file: /b,"
            + " trust-bundle-socket: /s} | no meaning without",
        "bootstrap: {insecure-bootstrap: true} | bootstrap: {trust-bundle-file: /b, format: der} |"
            + " none of pem, spiffe",
        "attestor: {join_token: {token: t}} | attestor: {} | exactly one attestor",
        "attestor: {join_token: {token: t}} | attestor: {tarot: {}} | is none of http_challenge, join_token",
        "attestor: {join_token: {token: t}} | attestor: {join_token: {}} | exactly one of token and"
            + " token-file",
        "brokers: ['127.0.0.1:8081'] | brokers: [] | at least one broker",
        "brokers: ['127.0.0.1:8081'] | brokers: ['127.0.0.1'] | host:port",
        "brokers: ['127.0.0.1:8081'] | brokers: ['a:1'] # | ",
      })
  void saysWhatIsWrong(String line, String instead, String expected) {
    var yaml = SMALLEST.replace("\"", "'").replace(line.strip(), instead.strip());
    assertThat(yaml).contains(instead.strip());

    if (expected == null) {
      assertThat(read(yaml).brokers()).hasSize(1);
    } else {
      assertThatThrownBy(() -> read(yaml))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "svid: {key-type: rsa-4096} | rsa-4096",
        "svid: {availability-target: 23h} | outside 1d",
        "svid: {x509-cache-size: 0} | whole number from 1",
        "rebootstrap: {mode: maybe} | none of always, auto, never",
        "sync-interval: 0s | outside",
        "workload-attestors: {tarot: {}} | none of docker",
        "sds: {default-svid-name: ''} | names something else",
        "sds: {default-bundle-name: '*'} | names something else",
        "sds: {default-all-bundles-name: 'spiffe://td'} | names something else",
        "sds: {default-bundle-name: ALL} | two of the default names are equal",
        "authorized-delegates: ['spiffe://elsewhere/cni'] | of another trust domain",
        "authorized-delegates: [cni] | scheme",
        "spiffe-broker-api: {authorized-brokers: ['spiffe://elsewhere/p']} | of another trust domain",
        "spiffe-broker-api: {authorized-brokers: ['spiffe://x']} | of another trust domain",
        "spiffe-broker-api: {enable: true} | did you mean",
        "sds: {default-svid-nam: x} | did you mean",
        "svid-stores: {tarot: {}} | none of file",
        "svid-stores: {file: {}} | is required: where the files are kept",
        "workload-attestors: {docker: {docker-socket-path: 'tcp://x'}} | no absolute path",
        "workload-attestors: {docker: {docker-version: v1}} | no API version",
        "workload-attestors: {docker: {podman-socket-path-template: /x}} | exactly once",
        "workload-attestors: {docker: {container-id-cgroup-matchers: [/a/<id>]}} | has no effect",
        "workload-attestors: {docker: {use-new-container-locator: false,"
            + " container-id-cgroup-matchers: [/a]}} | 0 times",
        "workload-attestors: {k8s: {kubelet-secure-port: 1, kubelet-read-only-port: 2}} | excludes",
        "workload-attestors: {k8s: {certificate-path: /c}} | needs private-key-path",
        "workload-attestors: {k8s: {private-key-path: /k}} | needs certificate-path",
        "workload-attestors: {k8s: {use-anonymous-authentication: true, token-path: /t}} |"
            + " excludes",
        "workload-attestors: {k8s: {skip-kubelet-verification: true, kubelet-ca-path: /c}} |"
            + " excludes",
        "workload-attestors: {k8s: {use-new-container-locator: false}} | cannot be switched off",
        "workload-attestors: {k8s: {poll-retry-interval: 1ms}} | is below 10ms",
        "workload-attestors: {k8s: {max-poll-attempts: 0}} | whole number from 1",
        "workload-attestors: {systemd: {socket: /x}} | unknown key",
        "profiles: [] | at least one of x509 and jwt",
        "profiles: [x509, wit] | none of x509, jwt",
        "trustdomain: x | did you mean",
        "listen: 0.0.0.0:8000 | listen",
      })
  @Tag("-WEP-02")
  @Tag("-WEP-07")
  void refusesWhatCannotWork(String line, String expected) {
    assertThatThrownBy(() -> read(SMALLEST + line + "\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void envoysAreNotServedIfSwitchedOff() {
    assertThat(read(SMALLEST + "sds: {enabled: false}\n").sds()).isEmpty();
  }

  @Test
  void theAdminSocketStaysOutOfWhatIsHandedToWorkloads() {
    var sockets = "socket: /a/b.sock\nadmin-socket: /a/c/d.sock\n";

    assertThatThrownBy(() -> read(SMALLEST + sockets))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("handed to workloads");
  }

  @Test
  void aSocketPathHasAtMost107Bytes() {
    var longest = "/s/" + "s".repeat(104);

    assertThat(read(SMALLEST + "socket: " + longest + "\n").socket()).hasToString(longest);
    assertThatThrownBy(() -> read(SMALLEST + "socket: " + longest + "s\n"))
        .hasMessageContaining("108 bytes");
  }

  @Test
  void everyProblemIsReportedAtOnce() {
    assertThatThrownBy(() -> read("sync-interval: x\nbrokers: [y]\n"))
        .hasMessageContaining("trust-domain")
        .hasMessageContaining("sync-interval")
        .hasMessageContaining("brokers")
        .hasMessageContaining("attestor")
        .hasMessageContaining("bootstrap");
  }

  @Test
  void namesOfBrokersAreKeptAsWritten() {
    assertThat(List.of("a.example:1", "[::1]:2"))
        .allSatisfy(text -> assertThat(BrokerAddress.parse(text)).hasToString(text));
  }
}
