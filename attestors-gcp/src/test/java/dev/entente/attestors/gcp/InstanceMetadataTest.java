package dev.entente.attestors.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestor.spi.PublishedKeys;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.FakeGoogle;
import dev.entente.testkit.MapSettings;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the Compute API may say of the instance a good token names.
class InstanceMetadataTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final FakeGoogle GOOGLE = new FakeGoogle(() -> NOW);
  private static final String ROLE = "x".repeat(128);

  @AfterAll
  static void close() {
    GOOGLE.close();
  }

  private static GcpInstance good() {
    return instance("12345", "RUNNING", ROLE);
  }

  private static GcpInstance instance(String id, String status, String role) {
    return new GcpInstance(
        id,
        status,
        List.of("https-server"),
        Map.of("team", "web", "cost", "7"),
        Map.of("role", role, "startup-script", "x".repeat(5000)),
        List.of("node@prod-1.iam.gserviceaccount.com", "other@prod-1.iam.gserviceaccount.com"));
  }

  /// An answer of which one thing differs from the good one.
  record Bad(String name, String code, Optional<GcpInstance> found) {
    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  static Stream<Bad> bad() {
    return Stream.of(
        new Bad("gone", "instance-not-found", Optional.empty()),
        new Bad("made-again", "instance-replaced", Optional.of(instance("67890", "RUNNING", ROLE))),
        new Bad(
            "stopped", "instance-not-running", Optional.of(instance("12345", "TERMINATED", ROLE))),
        new Bad(
            "metadata-a-byte-too-long",
            "metadata-too-long",
            Optional.of(instance("12345", "RUNNING", "x".repeat(129)))),
        new Bad(
            "metadata-too-long-in-bytes",
            "metadata-too-long",
            Optional.of(instance("12345", "RUNNING", "ä".repeat(65)))));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadAnswerForItsOwnReason(Bad bad) throws Exception {
    assertThat(judge(bad.found()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("gcp-iit/" + bad.code()));
    assertThat(judge(Optional.of(good()))).isInstanceOf(Attested.class);
  }

  @Test
  void makesSelectorsOfWhatIsAllowedAsSpireDoes() throws Exception {
    assertThat(((Attested) judge(Optional.of(good()))).node().selectors())
        .extracting(Selector::toString)
        .containsExactlyInAnyOrder(
            "gcp_iit:project-id:prod-1",
            "gcp_iit:zone:us-west1-b",
            "gcp_iit:instance-name:node-1",
            "gcp_iit:sa:node@prod-1.iam.gserviceaccount.com",
            "gcp_iit:sa:other@prod-1.iam.gserviceaccount.com",
            "gcp_iit:tag:https-server",
            "gcp_iit:label:team:web",
            "gcp_iit:metadata:role:" + ROLE);
  }

  private static AttestationStep judge(Optional<GcpInstance> found) throws Exception {
    var settings =
        MapSettings.of(
            Map.of(
                "projectid-allow-list", List.of("prod-1"),
                "use-instance-metadata", "true",
                "allowed-label-keys", List.of("team"),
                "allowed-metadata-keys", List.of("role"),
                "keys-url", GOOGLE.keysUrl().toString()));
    var config = GcpIitConfig.read(settings);
    var attestor =
        new GcpIitAttestor(
            TrustDomain.parse("example.org"),
            config,
            new PublishedKeys(config.keys(), () -> NOW),
            _ -> found,
            () -> NOW);
    var claims = FakeGoogle.claims(NOW, FakeGoogle.vm("12345"), GcpAudience.SPIRE);
    var token = FakeGoogle.sign(claims, FakeGoogle.KEY_ID, GOOGLE.keys());
    return attestor.begin(new Presentation(token.getBytes(StandardCharsets.UTF_8), "192.0.2.1"));
  }
}
