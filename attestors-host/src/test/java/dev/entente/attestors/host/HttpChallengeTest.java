package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.MapSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both halves of `http_challenge`.
class HttpChallengeTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final String HOST = "node-1.hosts.example";
  private static final String PATH =
      "/.well-known/spiffe/nodeattestor/http_challenge/default/challenge";

  private FakeHost host;
  private FakeHost another;

  @BeforeEach
  void start() throws IOException {
    host = new FakeHost();
    another = new FakeHost();
  }

  @AfterEach
  void close() {
    host.close();
    another.close();
  }

  /// Of what an attestation is made, each part to be changed.
  static final class Recipe {
    private final Map<String, Object> payload = new LinkedHashMap<>();
    private final Map<String, Object> settings = new HashMap<>();
    private List<InetAddress> addresses = List.of(HERE);
    private Answering answering = nonce -> FakeHost.text(200, nonce + "\n");
  }

  /// What the host answers, when it knows the nonce.
  @FunctionalInterface
  interface Answering {
    FakeHost.Answers to(String nonce);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::10.0.0.1"})
  void connectsToNoAddressOfOurOwnNetworks(String address) throws Exception {
    for (var found :
        List.of(
            List.of(InetAddress.ofLiteral(address)),
            List.of(InetAddress.ofLiteral("198.51.100.7"), InetAddress.ofLiteral(address)))) {
      var recipe = new Recipe();
      recipe.settings.put("allow-private-addresses", "false");
      recipe.addresses = found;

      assertThat(judge(recipe))
          .isInstanceOfSatisfying(
              Refused.class,
              refused ->
                  assertThat(refused.code()).isEqualTo("http-challenge/address-not-allowed"));
      assertThat(host.asked()).isEmpty();
    }
  }

  @Test
  void namesNodeAndSelectorAsSpireDoes() throws Exception {
    var node = ((Attested) judge(new Recipe())).node();

    assertThat(node.agentId())
        .hasToString("spiffe://example.org/spire/agent/http_challenge/" + HOST);
    assertThat(node.selectors())
        .extracting(Selector::toString)
        .containsExactly("http_challenge:hostname:" + HOST);
    assertThat(node.reattestable()).isFalse();
    assertThat(node.oneTimeUse()).hasValueSatisfying(use -> assertThat(use.mustExist()).isFalse());
    assertThat(node.claims()).containsEntry("address", "127.0.0.1").containsEntry("hostname", HOST);
    assertThat(host.asked()).containsExactly(HOST + ":" + host.port() + PATH);
  }

  @Test
  void letsAHostAttestAgainWhereOnlyRootCouldHaveAnswered() {
    var settings =
        MapSettings.of(
            Map.of(
                "allowed-dns-patterns", List.of(".*"),
                "required-port", "80",
                "tofu", "false"));

    assertThat(HttpChallengeConfig.read(settings).tofu()).isFalse();
    assertThat(settings.problems()).isEmpty();
  }

  @Test
  void looksUpANameOnceAndConnectsToWhatItFound() throws Exception {
    var lookups = new AtomicInteger();
    var answering = new Recipe().answering;
    var attestor =
        attestor(
            new Recipe(),
            LIMIT,
            (_, _) ->
                // Whoever asks again is led to another host.
                lookups.incrementAndGet() == 1
                    ? List.of(HERE)
                    : List.of(InetAddress.ofLiteral("127.0.0.2")));

    var step = converse(attestor, new Recipe(), answering);

    assertThat(step).isInstanceOf(Attested.class);
    assertThat(lookups).hasValue(1);
  }

  @Test
  void followsNoRedirectToTheNonce() throws Exception {
    var recipe = new Recipe();
    recipe.answering =
        nonce -> {
          another.says(FakeHost.text(200, nonce));
          return FakeHost.redirect("http://127.0.0.1:" + another.port() + PATH);
        };

    assertThat(judge(recipe)).isInstanceOf(Refused.class);
    assertThat(another.asked()).isEmpty();
  }

  @Test
  void triesTheNextAddressIfOneTakesNoConnection() throws Exception {
    var recipe = new Recipe();
    recipe.addresses = List.of(InetAddress.ofLiteral("127.0.0.9"), HERE);

    assertThat(judge(recipe)).isInstanceOf(Attested.class);
  }

  @Test
  void blamesTheNetworkIfThereIsNoAnswer() throws Exception {
    var silent = new Recipe();
    silent.answering = _ -> host.silence();
    var attestor = attestor(silent, Duration.ofMillis(300), (_, _) -> List.of(HERE));
    assertThatThrownBy(() -> converse(attestor, silent, silent.answering))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("\"" + HOST + "\" not asked for the nonce: no complete answer");

    var unknown =
        attestor(
            new Recipe(),
            LIMIT,
            (name, _) -> {
              throw new IOException("no address of \"" + name + "\"");
            });
    assertThatThrownBy(() -> converse(unknown, new Recipe(), new Recipe().answering))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no address of");

    var gone = new Recipe();
    host.close();
    assertThatThrownBy(() -> judge(gone)).isInstanceOf(AttestationFault.class);
  }

  @Test
  void bothHalvesFitTogether() throws Exception {
    var settings = settings(new Recipe());
    var attestor =
        new HttpChallengeAttestor(
            DOMAIN, HttpChallengeConfig.read(settings), (_, _) -> List.of(HERE), LIMIT);

    try (var session = source(Map.of("hostname", HOST, "agentname", "blue")).open()) {
      var step = attestor.begin(new Presentation(session.payload(), "192.0.2.1"));
      var asked = (Challenged) step;
      var ready = session.respond(asked.challenge());

      assertThat(ready).containsExactly('\n');
      assertThat(asked.next().answer(ready)).isInstanceOf(Attested.class);
      assertThatThrownBy(() -> session.respond(asked.challenge()))
          .isInstanceOf(AttestationFault.class)
          .hasMessageContaining("a second challenge");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "POST " + PATH + " HTTP/1.1\r\n\r\n",
        "GET " + PATH + "/ HTTP/1.1\r\n\r\n",
        "GET " + PATH + " HTTP/2.0\r\n\r\n",
      })
  void tellsNobodyWhoAsksForSomethingElse(String request) throws Exception {
    try (var session = source(Map.of("hostname", HOST)).open()) {
      int port = HttpChallengePayload.parse(session.payload()).port();
      session.respond(HttpChallengeNonce.fresh().toJson());

      assertThat(ask(port, request)).startsWith("HTTP/1.1 404 ");
      assertThat(ask(port, "GET " + PATH + " HTTP/1.0\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void givesItsPortBackWhenTheAttestationEnds() throws Exception {
    int port;
    try (var session = source(Map.of("hostname", HOST)).open()) {
      port = HttpChallengePayload.parse(session.payload()).port();
      assertThatThrownBy(() -> source(Map.of("port", Integer.toString(port))).open())
          .isInstanceOf(AttestationFault.class)
          .hasMessageStartingWith("port " + port + " for the challenge not opened");
    }

    try (var session =
        source(Map.of("port", Integer.toString(port), "advertised-port", "80")).open()) {
      assertThat(HttpChallengePayload.parse(session.payload()).port()).isEqualTo(80);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"nonce\":7}", "{\"nonce\":\"a\\r\\nb: cdefghijklmn\"}", "x"})
  void answersNoOtherChallenge(String challenge) throws Exception {
    try (var session = source(Map.of("hostname", HOST)).open()) {
      assertThatThrownBy(() -> session.respond(challenge.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(AttestationFault.class)
          .hasMessageStartingWith("challenge not answered: ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowed-dns-patterns | | allowed-dns-patterns: not set",
        "allowed-dns-patterns | [(] | allowed-dns-patterns: \"(\" is no pattern",
        "tofu | false | tofu: cannot be false",
        "agent-path-template | /http_challenge/{{ .Other }} | agent-path-template: there is no",
      })
  void reportsASettingThatCannotBeUsed(String key, String value, String expected) {
    var recipe = new Recipe();
    recipe.settings.put(key, value == null ? List.of() : MapSettings.value(value));
    var settings = settings(recipe);

    HttpChallengeConfig.read(settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(expected);
  }

  @ParameterizedTest
  @CsvSource({"required-port, 8080, true", "allow-non-root-ports, false, false"})
  void knowsWhichPortsOnlyRootCanOpen(String key, String value, boolean problem) {
    var recipe = new Recipe();
    recipe.settings.put(key, MapSettings.value(value));
    recipe.settings.put("tofu", "false");
    var settings = settings(recipe);

    HttpChallengeConfig.read(settings);

    assertThat(settings.problems()).hasSize(problem ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource({"hostname, a b", "agentname, 1a"})
  void reportsAPlaceThatIsNone(String key, String value) {
    var settings = MapSettings.of(Map.of(key, MapSettings.value(value)));

    new HttpChallengeSource.Provider().create(DOMAIN, settings);

    assertThat(settings.problems()).singleElement().asString().startsWith(key + ": ");
  }

  private static EvidenceSource source(Map<String, String> values) {
    var settings = MapSettings.of(values);
    var source = new HttpChallengeSource.Provider().create(DOMAIN, settings);
    assertThat(settings.problems()).isEmpty();
    return source;
  }

  private static String ask(int port, String request) throws IOException {
    try (var socket = new Socket(HERE, port)) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static MapSettings settings(Recipe recipe) {
    var values = new HashMap<String, Object>();
    values.put("allowed-dns-patterns", List.of("node-[0-9]+\\.hosts\\.example", ".*localhost"));
    values.put("allow-private-addresses", "true");
    values.putAll(recipe.settings);
    return MapSettings.of(values);
  }

  private static HttpChallengeAttestor attestor(
      Recipe recipe, Duration limit, HttpChallengeAttestor.Names names) {
    var settings = settings(recipe);
    var config = HttpChallengeConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    return new HttpChallengeAttestor(DOMAIN, config, names, limit);
  }

  private AttestationStep judge(Recipe recipe) throws Exception {
    return converse(attestor(recipe, LIMIT, (_, _) -> recipe.addresses), recipe, recipe.answering);
  }

  private AttestationStep converse(
      HttpChallengeAttestor attestor, Recipe recipe, Answering answering) throws Exception {
    var payload = new LinkedHashMap<String, Object>();
    payload.put("hostname", HOST);
    payload.put("agentname", "default");
    payload.put("port", (long) host.port());
    payload.putAll(recipe.payload);
    byte[] json = Json.write(payload).getBytes(StandardCharsets.UTF_8);
    var step = attestor.begin(new Presentation(json, "192.0.2.1"));
    if (step instanceof Challenged(var challenge, var next)) {
      host.says(answering.to(HttpChallengeNonce.parse(challenge).text()));
      return next.answer(new byte[] {'\n'});
    }
    return step;
  }
}
