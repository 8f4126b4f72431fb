package dev.entente.runtime.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.testkit.FakeKubelet;
import dev.entente.testkit.KubePki;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeClientTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir private Path directory;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private KubePki pki;

  @BeforeEach
  void makeAuthority() throws Exception {
    pki = new KubePki(directory);
  }

  @AfterEach
  void close() throws Exception {
    for (var each : open) {
      each.close();
    }
  }

  @Test
  void asksTheReadOnlyPortAndShowsNothing() throws Exception {
    var kubelet = kubelet(Optional.empty());

    assertThat(get(kubelet, Optional.empty())).isEqualTo("{\"items\":[]}");
    assertThat(kubelet.asked()).containsExactly("/pods null -");
  }

  @Test
  void showsItsTokenAndReadsItAnewAfterAWhile() throws Exception {
    var kubelet = kubelet(Optional.of("localhost"));
    var token = Files.writeString(directory.resolve("token"), " one\n");
    var client = client(kubelet, Optional.of(tls(new KubeCredentials.Token(in(token)), true)));

    get(client);
    Files.writeString(token, "two");
    get(client);
    nanos.addAndGet(MINUTE.toNanos());
    get(client);

    assertThat(kubelet.asked())
        .containsExactly("/pods Bearer one -", "/pods Bearer one -", "/pods Bearer two -");
  }

  @Test
  void showsItsCertificate() throws Exception {
    var kubelet = kubelet(Optional.of("localhost"));
    var file = pki.clientFile();

    get(kubelet, Optional.of(tls(new KubeCredentials.Certificate(in(file), in(file)), true)));

    assertThat(kubelet.asked()).containsExactly("/pods null CN=client");
  }

  @ParameterizedTest(name = "{0}: authority {1}, host {2}, certificate for {3}")
  @CsvSource({
    "same name, true, true, localhost, true",
    "another name, true, true, node-1, false",
    "another name that does not matter, true, false, node-1, true",
    "nobody known, false, true, localhost, false",
  })
  void judgesTheKubeletsCertificate(
      String name, boolean known, boolean checkHost, String host, boolean accepted)
      throws Exception {
    var kubelet = kubelet(Optional.of(host));
    var authorities = known ? pki.authorityFile() : new KubePki(directory).authorityFile();
    var tls =
        new KubeTarget.Tls(
            Optional.of(in(authorities)), checkHost, new KubeCredentials.Anonymous());

    if (accepted) {
      assertThat(get(kubelet, Optional.of(tls))).isNotEmpty();
    } else {
      assertThatThrownBy(() -> get(kubelet, Optional.of(tls)))
          .isInstanceOf(AttestationFault.class)
          .hasMessageContaining("was not asked");
      assertThat(kubelet.asked()).isEmpty();
    }
  }

  @Test
  void believesWhoeverAnswersIfToldTo() throws Exception {
    var kubelet = kubelet(Optional.of("node-1"));
    var tls = new KubeTarget.Tls(Optional.empty(), false, new KubeCredentials.Anonymous());

    assertThat(get(kubelet, Optional.of(tls))).isNotEmpty();
  }

  @Test
  void saysWhyItGotNoAnswer() throws Exception {
    var kubelet = kubelet(Optional.empty()).says(401, "Unauthorized");
    var target = "kubelet at localhost:" + kubelet.port();

    assertThatThrownBy(() -> get(kubelet, Optional.empty()))
        .isInstanceOf(AttestationFault.class)
        .hasMessage(target + " answered HTTP 401");
    kubelet.says(200, "<html>");
    assertThatThrownBy(() ->
            client(kubelet, Optional.empty())
                .get("/pods", TimeLimit.within(MINUTE), KubeClientTest::understandsNothing))
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith(target + " was not understood: no such pods");
    kubelet.hangs();
    assertThatThrownBy(() ->
            client(kubelet, Optional.empty())
                .get(
                    "/pods",
                    TimeLimit.within(Duration.ofMillis(200)),
                    KubeClientTest::understandsNothing))
        .isInstanceOf(AttestationFault.class)
        .hasMessage(target + " gave no complete answer in time");
    kubelet.close();
    assertThatThrownBy(() -> get(kubelet, Optional.empty()))
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith(target + " was not asked");
  }

  @ParameterizedTest
  @CsvSource({"missing, no such file", "empty, holds no certificate", "key, holds no certificate"})
  void saysWhichFileIsOfNoUse(String name, String expected) throws Exception {
    var kubelet = kubelet(Optional.of("localhost"));
    Files.writeString(directory.resolve("empty"), "");
    Files.writeString(directory.resolve("key"), "no PEM at all");
    var file = directory.resolve(name);
    var tls = new KubeTarget.Tls(Optional.of(in(file)), true, new KubeCredentials.Anonymous());

    assertThatThrownBy(() -> get(kubelet, Optional.of(tls)))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining(expected);
  }

  @Test
  void refusesATokenThatIsNone() throws Exception {
    var kubelet = kubelet(Optional.of("localhost"));
    var token = Files.writeString(directory.resolve("token"), "a\r\nb");

    assertThatThrownBy(
            () -> get(kubelet, Optional.of(tls(new KubeCredentials.Token(in(token)), true))))
        .isInstanceOf(AttestationFault.class)
        .hasMessageNotContaining("a\r\nb");
    assertThat(kubelet.asked()).isEmpty();
  }

  private KubeTarget.Tls tls(KubeCredentials credentials, boolean checkHost) throws IOException {
    return new KubeTarget.Tls(Optional.of(in(pki.authorityFile())), checkHost, credentials);
  }

  private FakeKubelet kubelet(Optional<String> host) throws Exception {
    var kubelet =
        new FakeKubelet(host.isPresent() ? Optional.of(pki.server(host.get())) : Optional.empty());
    open.add(kubelet);
    return kubelet;
  }

  private KubeClient client(FakeKubelet kubelet, Optional<KubeTarget.Tls> tls) {
    var target = new KubeTarget("localhost", kubelet.port(), tls);
    return new KubeClient("kubelet", target, MINUTE, nanos::get);
  }

  private String get(FakeKubelet kubelet, Optional<KubeTarget.Tls> tls)
      throws AttestationFault, InterruptedException {
    return get(client(kubelet, tls));
  }

  private static String get(KubeClient client) throws AttestationFault, InterruptedException {
    return client.get(
        "/pods",
        TimeLimit.within(MINUTE),
        body -> new String(body.readAllBytes(), StandardCharsets.UTF_8));
  }

  private static KubeText in(Path file) {
    return new KubeText.InFile(file);
  }

  private static String understandsNothing(InputStream body) {
    throw new IllegalArgumentException("no such pods");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({"404, missing, true", "404, proxy, false", "403, missing, false"})
  void tellsWhatIsMissingFromWhatWentWrong(int status, String body, boolean missing)
      throws Exception {
    var client = client(kubelet(Optional.empty()).says(status, body), Optional.empty());

    if (missing) {
      assertThat(find(client)).isEmpty();
    } else {
      assertThatThrownBy(() -> find(client))
          .isInstanceOf(AttestationFault.class)
          .hasMessageEndingWith("answered HTTP " + status);
    }
  }

  @Test
  void findsWhatIsThere() throws Exception {
    var client = client(kubelet(Optional.empty()).says(200, "it"), Optional.empty());

    assertThat(find(client)).hasValue("it");
  }

  private static Optional<String> find(KubeClient client) throws Exception {
    return client.find(
        "/api/v1/nodes/n",
        TimeLimit.within(MINUTE),
        KubeClientTest::text,
        body -> text(body).equals("missing"));
  }

  private static String text(InputStream body) throws IOException {
    return new String(body.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void createsWhatItIsGiven() throws Exception {
    var kubelet = kubelet(Optional.empty()).says(201, "{\"status\":{}}");
    var client = client(kubelet, Optional.empty());
    byte[] json = "{\"kind\":\"TokenReview\"}".getBytes(StandardCharsets.UTF_8);

    assertThat(client.create("/apis", json, TimeLimit.within(MINUTE), KubeClientTest::text))
        .isEqualTo("{\"status\":{}}");
    assertThat(kubelet.bodies()).containsExactly("{\"kind\":\"TokenReview\"}");
  }
}
