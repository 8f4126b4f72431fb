package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.DOMAIN;
import static dev.entente.broker.store.StoreHarness.attestation;
import static dev.entente.broker.store.StoreHarness.bundle;
import static dev.entente.broker.store.StoreHarness.entry;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static dev.entente.broker.store.StoreHarness.serial;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.broker.registration.Relationship;
import dev.entente.broker.registration.Relationship.EndpointProfile;
import dev.entente.runtime.CrashPoints;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Ends a process at a named step of a write, then opens the store again and looks at all of it.
class CrashPointTest {
  private static final SpiffeId JOINED = id("/spire/agent/join_token/t");
  private static final TrustDomain PARTNER = TrustDomain.parse("partner.example");
  private static final URI PARTNER_URL = URI.create("https://partner.example/bundle");
  private static final Instant LATER = Instant.parse("2026-11-23T00:00:00Z");

  @TempDir Path temp;

  @ParameterizedTest(name = "{0}: effect {1}")
  @CsvSource({
    "entry-write/before-write, false",
    "entry-write/before-commit, false",
    "entry-write/after-commit, true",
    "entry-write/after-witness, true",
    "attestation/before-commit, false",
    "token-use/after-write, false",
    "attestation/after-commit, true",
    "renewal/before-commit, false",
    "renewal/after-commit, true",
    "rotation/before-commit, false",
    "rotation/after-commit, true",
    "relationship-write/before-commit, false",
    "relationship-write/after-commit, true",
    "agent-ban/before-commit, false",
    "agent-ban/after-commit, true",
    "agent-delete/before-commit, false",
    "agent-delete/after-commit, true",
  })
  void keepsAllOfAWriteOrNothing(String point, boolean effect) throws Exception {
    var dataDir = temp.resolve("data");
    prepare(dataDir);

    assertThat(HaltedProcess.run(CrashPointTest.class, point, dataDir))
        .isEqualTo(CrashPoints.EXIT_CODE);

    try (var harness = new StoreHarness(dataDir)) {
      assertThat(happened(harness.store())).isEqualTo(expected(point, effect));
      checkLog(harness.store());
    }
  }

  /// What the child did: entries, token used, node pending, bundle sequence; a relationship and its
  /// bundle, a node banned, a node deleted.
  private record State(
      long entries,
      boolean tokenUsed,
      boolean pending,
      long sequence,
      boolean federated,
      boolean banned,
      boolean deleted) {
    State(long entries, boolean tokenUsed, boolean pending, long sequence) {
      this(entries, tokenUsed, pending, sequence, false, false, false);
    }
  }

  private static State expected(String point, boolean effect) {
    var flow = point.substring(0, point.indexOf('/'));
    var step = effect ? 1 : 0;
    return switch (flow) {
      case "entry-write" -> new State(1 + step, false, false, 1);
      case "token-use", "attestation" -> new State(2, effect, false, 1);
      case "renewal" -> new State(2, true, effect, 1);
      case "rotation" -> new State(2, true, true, 1 + step);
      case "relationship-write" -> new State(2, true, true, 2, effect, false, false);
      // A ban ends the renewal under way with the rest.
      case "agent-ban" -> new State(2, true, !effect, 2, true, effect, false);
      case "agent-delete" -> new State(2, true, false, 2, true, !effect, effect);
      default -> throw new IllegalArgumentException(flow);
    };
  }

  private static State happened(Store store) {
    var federated = get(store.relationships().find(PARTNER)).isPresent();
    assertThat(get(store.bundles().find(PARTNER)).isPresent())
        .as("relationship and bundle together")
        .isEqualTo(federated);
    var agent = get(store.nodes().find(AGENT));
    return new State(
        get(store.entries().count(EntryFilter.NONE)),
        get(store.nodes().find(JOINED)).isPresent()
            && get(store.joinTokens().unused(Instant.EPOCH)).isEmpty(),
        agent.flatMap(NodeRecord::pending).isPresent(),
        get(store.bundles().find(DOMAIN)).orElseThrow().sequence().orElse(0),
        federated,
        agent.filter(NodeRecord::banned).isPresent(),
        agent.isEmpty());
  }

  /// Every revision up to the newest is there once, and the journal belongs to the bundle.
  private static void checkLog(Store store) {
    var reading = (ChangeFeed.Reading.Delta) get(store.changes().read(store.epoch(), 0));
    var journal = get(store.journal().load("m1"));
    assertThat(reading.complete()).isTrue();
    assertThat(journal.epoch())
        .isEqualTo(get(store.bundles().find(DOMAIN)).orElseThrow().sequence().orElse(0));
  }

  private static void prepare(Path dataDir) {
    try (var harness = new StoreHarness(dataDir)) {
      var store = harness.store();
      get(store.entries().create(List.of(entry("/first", AGENT, "unix:uid:1"))));
      get(store.joinTokens().create("digest", LATER, Optional.empty()));
      get(store.nodes().attest(attestation(AGENT, 1)));
      get(store.journal().record(rotation(0)));
    }
  }

  private static AuthorityJournal.Step rotation(long from) {
    return new AuthorityJournal.Step(
        "m1",
        from,
        List.of(),
        Optional.of(new AuthorityJournal.OwnBundleChange(from, bundle("example.org", from + 1))));
  }

  /// The child: one write of each kind, one after the other.
  public static void main(String[] args) {
    try (var harness = new StoreHarness(Path.of(args[0]))) {
      var store = harness.store();
      get(store.entries().create(List.of(entry("/second", AGENT, "unix:uid:1"))));
      var plain = attestation(JOINED, 5);
      get(
          store
              .nodes()
              .attest(
                  new NodeAttestation(
                      JOINED,
                      "join_token",
                      List.of(),
                      false,
                      plain.serial(),
                      Optional.of(new OneTimeUse("join_token", "digest", true)),
                      "key",
                      plain.claims())));
      get(store.nodes().renew(AGENT, BigInteger.ONE, serial(2)));
      get(store.journal().record(rotation(1)));
      var relationship = new Relationship(PARTNER, PARTNER_URL, new EndpointProfile.HttpsWeb());
      get(store.relationships().create(relationship, Optional.of(bundle(PARTNER.name(), 7))));
      get(store.nodes().ban(AGENT));
      get(store.nodes().delete(AGENT));
    }
  }
}
