package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.MapSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// The corpus of `http_challenge`: a good host, and bad ones that differ by one mutation, of what
/// they say, of what they answer or of where their name leads.
class HttpChallengeCorpusTest extends CorpusContract<HttpChallengeCorpusTest.Recipe> {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress NOWHERE = InetAddress.ofLiteral("0.0.0.0");
  private static final String HOST = "node-1.hosts.example";
  private static final Answering THE_NONCE = nonce -> FakeHost.text(200, nonce + "\n");

  private static FakeHost host;

  @BeforeAll
  static void start() throws IOException {
    host = new FakeHost();
  }

  @AfterAll
  static void close() {
    host.close();
  }

  HttpChallengeCorpusTest() {
    super("http_challenge", "http-challenge/");
  }

  @Override
  protected Recipe good(String name) {
    return new Recipe();
  }

  /// Of what an attestation is made, each part to be changed.
  static final class Recipe {
    private Map<String, Object> payload = new LinkedHashMap<>();
    private Map<String, Object> settings = new HashMap<>();

    /// What the first look-up of the name finds.
    private List<InetAddress> addresses = List.of(HERE);

    private Answering answering = THE_NONCE;

    private Recipe() {
      payload.put("hostname", HOST);
      payload.put("agentname", "default");
      payload.put("port", (long) host.port());
      settings.put("allowed-dns-patterns", List.of("node-[0-9]+\\.hosts\\.example", ".*localhost"));
      settings.put("allow-private-addresses", "true");
    }
  }

  /// What the host answers, when it knows the nonce.
  @FunctionalInterface
  interface Answering {
    FakeHost.Answers to(String nonce);
  }

  private static Mutation<Recipe> mutation(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name, change);
  }

  private static Mutation<Recipe> at(String name, InetAddress... addresses) {
    return mutation(name, recipe -> recipe.addresses = List.of(addresses));
  }

  private static Mutation<Recipe> says(String name, String key, Object value) {
    return mutation(name, recipe -> recipe.payload.put(key, value));
  }

  private static Mutation<Recipe> answers(String name, Answering answering) {
    return mutation(name, recipe -> recipe.answering = answering);
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return Stream.of(
        says("host-missing", "hostname", 7L),
        says("host-empty", "hostname", ""),
        says("host-with-a-path", "hostname", "a.example/x"),
        says("host-with-a-port", "hostname", "a.example:80"),
        says("host-with-a-user", "hostname", "a@b.example"),
        says("host-with-a-line-end", "hostname", "a.example\r\nX: y"),
        says("host-in-capitals", "hostname", "Node-1.hosts.example"),
        says("host-with-a-last-dot", "hostname", HOST + "."),
        says("host-as-a-number", "hostname", "2130706433"),
        says("host-as-a-hex-number", "hostname", "0x7f000001"),
        says("host-as-a-short-address", "hostname", "127.1"),
        says("host-as-an-octal-address", "hostname", "0177.0.0.1"),
        says("host-too-long", "hostname", "a.".repeat(127) + "example"),
        says("agent-climbs", "agentname", "../x"),
        says("agent-too-long", "agentname", "a".repeat(33)),
        says("port-zero", "port", 0L),
        says("port-too-high", "port", 65536L),
        says("port-huge", "port", 4294967376L),
        says("localhost", "hostname", "localhost"),
        says("below-localhost", "hostname", "x.localhost"),
        says("another-domain", "hostname", "node-1.other.example"),
        says("domain-in-the-middle", "hostname", HOST + ".evil.example"),
        mutation("port-of-a-user", recipe -> recipe.settings.put("allow-non-root-ports", "false")),
        mutation("another-port", recipe -> recipe.settings.put("required-port", "80")),
        mutation("loopback", recipe -> recipe.settings.put("allow-private-addresses", "false")),
        at("nowhere", NOWHERE),
        at("multicast", InetAddress.ofLiteral("224.0.0.1")),
        at("one-of-two-forbidden", HERE, NOWHERE),
        // Whoever looked up the name again would be led to the good host.
        mutation("name-that-leads-elsewhere-later", recipe -> recipe.addresses = List.of(NOWHERE)),
        answers("redirect", _ -> FakeHost.redirect("http://127.0.0.1:1/")),
        answers("first-redirect", nonce -> FakeHost.text(300, nonce)),
        answers("last-redirect", nonce -> FakeHost.text(399, nonce)),
        answers("no-redirect-yet", nonce -> FakeHost.text(299, nonce)),
        answers("no-redirect-any-more", nonce -> FakeHost.text(400, nonce)),
        answers("64-bytes", _ -> FakeHost.text(200, "A".repeat(64))),
        answers("not-found", nonce -> FakeHost.text(404, nonce)),
        answers("created", nonce -> FakeHost.text(201, nonce)),
        answers("another-nonce", _ -> FakeHost.text(200, "A".repeat(43) + "=")),
        answers("no-nonce", _ -> FakeHost.text(200, "")),
        answers("half-a-nonce", nonce -> FakeHost.text(200, nonce.substring(1))),
        answers(
            "nonce-and-more", nonce -> FakeHost.text(200, nonce + " ".repeat(65 - nonce.length()))),
        answers("endless", nonce -> FakeHost.text(200, nonce.repeat(9999))));
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var settings = MapSettings.of(recipe.settings);
    var config = HttpChallengeConfig.read(settings);
    assertThat(settings.problems()).isEmpty();
    var lookups = new AtomicInteger();
    var attestor =
        new HttpChallengeAttestor(
            DOMAIN,
            config,
            (_, _) -> lookups.getAndIncrement() == 0 ? recipe.addresses : List.of(HERE),
            LIMIT);
    byte[] payload = Json.write(recipe.payload).getBytes(StandardCharsets.UTF_8);
    var step = attestor.begin(new Presentation(payload, "192.0.2.1"));
    if (step instanceof Challenged(var challenge, var next)) {
      host.says(recipe.answering.to(HttpChallengeNonce.parse(challenge).text()));
      return next.answer(new byte[] {'\n'});
    }
    return step;
  }
}
