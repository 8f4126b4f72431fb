package dev.entente.runtime.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeconfigTest {
  @TempDir private Path directory;

  @Test
  void readsWhatTheFileHolds() throws Exception {
    var data = Base64.getEncoder().encodeToString("PEM".getBytes(StandardCharsets.UTF_8));
    var target =
        read(
            "{server: 'https://api.example:6443', certificate-authority: ca.crt,"
                + " certificate-authority-data: "
                + data
                + "}",
            "{token: secret}");

    assertThat(target)
        .isEqualTo(
            new KubeTarget(
                "api.example",
                6443,
                Optional.of(
                    new KubeTarget.Tls(
                        Optional.of(new KubeText.Held("certificate-authority-data", "PEM")),
                        true,
                        new KubeCredentials.Token(new KubeText.Held("token", "secret"))))));
    assertThat(target.tls().toString()).doesNotContain("secret");
  }

  @Test
  void findsFilesBesideItself() throws Exception {
    var target =
        read(
            "{server: 'https://[2001:db8::1]', certificate-authority: pki/ca.crt}",
            "{client-certificate: /etc/client.crt, client-key: client.key}");

    assertThat(target.toString()).isEqualTo("[2001:db8::1]:443");
    assertThat(target.host()).isEqualTo("2001:db8::1");
    assertThat(target.tls().orElseThrow().authorities()).hasValue(in("pki/ca.crt"));
    assertThat(target.tls().orElseThrow().credentials())
        .isEqualTo(
            new KubeCredentials.Certificate(
                new KubeText.InFile(Path.of("/etc/client.crt")), in("client.key")));
  }

  @Test
  void prefersAFileWithATokenAndKnowsAProxyOnThisMachine() throws Exception {
    var ca = ", certificate-authority: ca.crt}";

    assertThat(read("{server: 'https://a'" + ca, "{token: x, tokenFile: t}").tls())
        .hasValueSatisfying(
            tls -> assertThat(tls.credentials()).isEqualTo(new KubeCredentials.Token(in("t"))));
    assertThat(read("{server: 'http://127.0.0.1:8001'}", "{}"))
        .isEqualTo(new KubeTarget("127.0.0.1", 8001, Optional.empty()));
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{server: 'http://api.example'} | {token: x} | server is not",
        "{server: 'https://a/k8s/c1', certificate-authority: ca} | {token: x} | server is not",
        "{certificate-authority: ca} | {token: x} | server is not",
        "{server: 'https://a'} | {token: x} | no certificate-authority",
        "{server: 'https://a', insecure-skip-tls-verify: true} | {token: x} | insecure-skip",
        "{server: 'https://a', proxy-url: 'http://p'} | {token: x} | proxy-url is not supported",
        "{server: 'https://a', certificate-authority-data: '%'} | {token: x} | is not base64",
        "{server: 'https://a', certificate-authority: ca} | {exec: {command: x}} | exec is not",
        "{server: 'https://a', certificate-authority: ca} | {} | neither a token nor",
        "{server: 'https://a', certificate-authority: ca} | {client-key: k} | belong together",
      })
  void refusesWhatItWouldHaveToGuess(String cluster, String user, String expected)
      throws Exception {
    var file = write(cluster, user, "c");

    assertThatThrownBy(() -> Kubeconfig.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(expected);
  }

  @Test
  void refusesWhatIsNoKubeconfig() throws Exception {
    var other = write("{}", "{}", "another");
    var list = Files.writeString(directory.resolve("list"), "[secret]");
    var broken = Files.writeString(directory.resolve("broken"), "token: [secret");

    assertThatThrownBy(() -> Kubeconfig.read(other)).hasMessageContaining("no context \"another\"");
    assertThatThrownBy(() -> Kubeconfig.read(list)).hasMessageEndingWith("no kubeconfig");
    assertThatThrownBy(() -> Kubeconfig.read(broken)).hasMessageEndingWith("not YAML");
    assertThatThrownBy(() -> Kubeconfig.read(directory.resolve("gone")))
        .hasMessageContaining("not read: no such file");
  }

  @Test
  void knowsTheApiServerOfItsOwnPod() {
    var variables =
        Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "443");

    assertThat(KubeTarget.inCluster(name -> Optional.ofNullable(variables.get(name))))
        .hasValueSatisfying(target -> {
          assertThat(target).hasToString("10.96.0.1:443");
          assertThat(target.tls()).hasValueSatisfying(tls -> assertThat(tls.checkHost()).isTrue());
        });
    assertThat(KubeTarget.inCluster(_ -> Optional.empty())).isEmpty();
    assertThat(KubeTarget.inCluster(_ -> Optional.of("x"))).isEmpty();
  }

  private KubeText in(String name) {
    return new KubeText.InFile(directory.toAbsolutePath().resolve(name));
  }

  private KubeTarget read(String cluster, String user) throws Exception {
    return Kubeconfig.read(write(cluster, user, "c"));
  }

  private Path write(String cluster, String user, String current) throws Exception {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        current-context: %s
        clusters: [{name: k, cluster: %s}]
        users: [{name: u, user: %s}]
        contexts: [{name: c, context: {cluster: k, user: u}}]
        """
            .formatted(current, cluster, user));
  }
}
