package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.AGENT;
import static dev.entente.broker.store.StoreHarness.attestation;
import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;
import static dev.entente.broker.store.StoreHarness.serial;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.broker.store.NodeStore.Attestation;
import dev.entente.broker.store.NodeStore.Promotion;
import dev.entente.broker.store.NodeStore.Renewal;
import dev.entente.broker.store.NodeStore.Standing;
import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeStoreTest {
  private static final SpiffeId JOINED = id("/spire/agent/join_token/abc");
  private static final OneTimeUse TOKEN = new OneTimeUse("join_token", "d1", true);
  private static final OneTimeUse DOCUMENT = new OneTimeUse("aws_iid", "d2", false);

  @TempDir Path temp;
  private StoreHarness harness;

  @BeforeEach
  void open() {
    harness = new StoreHarness(temp.resolve("data"));
  }

  @AfterEach
  void close() {
    harness.close();
  }

  private NodeStore nodes() {
    return harness.store().nodes();
  }

  /// Attests, and shows that a refusal was foreseen.
  private Attestation attest(NodeAttestation attestation) {
    var foreseen = get(nodes().foresee(attestation));
    var repeated = foreseen.repeated();
    var outcome = get(nodes().attest(attestation)).outcome();
    switch (outcome) {
      case Attestation.Recorded _, Attestation.Repeated _ ->
          assertThat(foreseen.refusal()).isEmpty();
      case Attestation.EvidenceSpent _,
          Attestation.EvidenceExpired _,
          Attestation.EvidenceUnknown _,
          Attestation.AlreadyAttested _,
          Attestation.Banned _ ->
          assertThat(foreseen.refusal()).contains(outcome);
    }
    assertThat(repeated).isEqualTo(outcome instanceof Attestation.Repeated);
    return outcome;
  }

  private static NodeAttestation with(
      SpiffeId agentId, OneTimeUse use, String keyDigest, long serial) {
    var plain = attestation(agentId, serial);
    return new NodeAttestation(
        agentId,
        use.kind(),
        plain.selectors(),
        false,
        plain.serial(),
        Optional.of(use),
        keyDigest,
        plain.claims());
  }

  private void handOutToken(long seconds) {
    get(
        harness
            .store()
            .joinTokens()
            .create(
                TOKEN.digestHex(),
                harness.clock().instant().plusSeconds(seconds),
                Optional.of(id("/web"))));
  }

  @Test
  void keepsANodeOverARestart() {
    var recorded = (Attestation.Recorded) attest(attestation(AGENT, 1));

    harness.reopen();

    assertThat(get(nodes().find(AGENT))).contains(recorded.node());
    assertThat(recorded.node().isCurrent(BigInteger.ONE)).isTrue();
  }

  @Test
  void replacesTheSerialAndClearsThePendingOneWhenANodeAttestsAgain() {
    attest(attestation(AGENT, 1));
    get(nodes().renew(AGENT, BigInteger.ONE, serial(2)));

    attest(attestation(AGENT, 3));

    var node = get(nodes().find(AGENT)).orElseThrow();
    assertThat(node.current()).contains(serial(3));
    assertThat(node.pending()).isEmpty();
  }

  @Test
  void consumesAJoinTokenOnce() {
    handOutToken(600);

    assertThat(attest(with(JOINED, TOKEN, "key-a", 1))).isInstanceOf(Attestation.Recorded.class);
    assertThat(attest(with(JOINED, TOKEN, "key-b", 2))).isEqualTo(new Attestation.EvidenceSpent());
    assertThat(get(nodes().find(JOINED)).orElseThrow().current()).contains(serial(1));
    assertThat(get(harness.store().joinTokens().unused(harness.clock().instant()))).isEmpty();
  }

  @Test
  void servesTheSameKeyAgainWithinFiveMinutesAndNotAfter() {
    handOutToken(600);
    attest(with(JOINED, TOKEN, "key-a", 1));

    harness.clock().advance(Duration.ofMinutes(5));
    assertThat(attest(with(JOINED, TOKEN, "key-a", 2))).isInstanceOf(Attestation.Repeated.class);
    assertThat(get(nodes().find(JOINED)).orElseThrow().current()).contains(serial(2));

    harness.clock().advance(Duration.ofSeconds(1));
    assertThat(attest(with(JOINED, TOKEN, "key-a", 3))).isEqualTo(new Attestation.EvidenceSpent());
  }

  @Test
  void refusesATokenAtItsExpiryAndOneNobodyHandedOut() {
    handOutToken(60);

    harness.clock().advance(Duration.ofSeconds(60));

    assertThat(attest(with(JOINED, TOKEN, "key-a", 1)))
        .isEqualTo(new Attestation.EvidenceExpired(harness.clock().instant()));
    assertThat(attest(with(JOINED, new OneTimeUse("join_token", "other", true), "key-a", 1)))
        .isEqualTo(new Attestation.EvidenceUnknown());
    assertThat(get(nodes().count(NodeFilter.NONE))).isZero();
  }

  @Test
  void letsExactlyOneOfTwoKeysWinTheSameToken() {
    handOutToken(600);

    var first = nodes().attest(with(JOINED, TOKEN, "key-a", 1));
    var second = nodes().attest(with(JOINED, TOKEN, "key-b", 2));

    assertThat(Stream.of(get(first).outcome(), get(second).outcome()))
        .hasAtLeastOneElementOfType(Attestation.Recorded.class)
        .contains(new Attestation.EvidenceSpent());
  }

  @Test
  void letsExactlyOneOfTwoStoresOnOneFileWinTheSameToken() {
    handOutToken(600);
    try (var other = SqliteStore.openShared(harness.options())) {
      var first = nodes().attest(with(JOINED, TOKEN, "key-a", 1));
      var second = other.nodes().attest(with(JOINED, TOKEN, "key-b", 2));

      var outcomes = List.of(get(first).outcome(), get(second).outcome());

      assertThat(outcomes).hasAtLeastOneElementOfType(Attestation.Recorded.class);
      assertThat(outcomes).contains(new Attestation.EvidenceSpent());
      assertThat(get(nodes().find(JOINED))).isEqualTo(get(other.nodes().find(JOINED)));
    }
  }

  @Test
  void takesForeignEvidenceOnlyForTheFirstAttestationOfANode() {
    assertThat(attest(with(AGENT, DOCUMENT, "key-a", 1))).isInstanceOf(Attestation.Recorded.class);
    assertThat(attest(with(AGENT, DOCUMENT, "key-a", 2))).isInstanceOf(Attestation.Repeated.class);
    assertThat(attest(with(AGENT, DOCUMENT, "key-b", 3)))
        .isEqualTo(new Attestation.EvidenceSpent());
    assertThat(attest(with(AGENT, new OneTimeUse("aws_iid", "d3", false), "key-b", 3)))
        .isEqualTo(new Attestation.AlreadyAttested());
    assertThat(attest(with(id("/spire/agent/aws_iid/b"), DOCUMENT, "key-a", 4)))
        .isEqualTo(new Attestation.EvidenceSpent());
  }

  @Test
  void letsAnEvictedNodeAttestFromScratch() {
    attest(with(AGENT, DOCUMENT, "key-a", 1));

    assertThat(get(nodes().delete(AGENT)).outcome()).isInstanceOf(Standing.Done.class);

    assertThat(attest(with(AGENT, DOCUMENT, "key-b", 2))).isInstanceOf(Attestation.Recorded.class);
  }

  @Test
  void makesTheAliasOfAJoinTokenWhenTheTokenIsUsed() throws Exception {
    handOutToken(600);
    assertThat(get(harness.store().entries().count(EntryFilter.NONE))).isZero();

    attest(with(JOINED, TOKEN, "key-a", 1));
    attest(with(JOINED, TOKEN, "key-a", 2));

    var entries = get(harness.store().entries().list(EntryFilter.NONE, PageRequest.ALL)).items();
    assertThat(entries).hasSize(1);
    assertThat(entries.getFirst().spiffeId()).isEqualTo(id("/web"));
    assertThat(entries.getFirst().parentId()).isEqualTo(JOINED);
    assertThat(entries.getFirst().selectors()).hasToString("[spiffe_id:" + JOINED + "]");
  }

  @Test
  void deletesTheAliasOfAJoinTokenWithItsNode() {
    handOutToken(600);
    attest(with(JOINED, TOKEN, "key-a", 1));
    assertThat(get(harness.store().entries().count(EntryFilter.NONE))).isEqualTo(1);

    get(nodes().delete(JOINED));

    assertThat(get(harness.store().entries().count(EntryFilter.NONE))).isZero();
    assertThat(attest(with(JOINED, TOKEN, "key-a", 2))).isEqualTo(new Attestation.EvidenceSpent());
  }

  @Test
  void keepsTheOldSerialUntilTheNewOneIsFirstUsed() {
    attest(attestation(AGENT, 1));

    var renewed = (Renewal.Renewed) get(nodes().renew(AGENT, BigInteger.ONE, serial(2))).outcome();
    assertThat(renewed.node().isCurrent(BigInteger.ONE)).isTrue();
    assertThat(renewed.node().isPending(BigInteger.TWO)).isTrue();

    var promoted = get(nodes().promote(AGENT, BigInteger.TWO));
    assertThat(promoted.revision()).isEqualTo(2);
    assertThat(promoted.outcome()).isInstanceOf(Promotion.Promoted.class);
    assertThat(get(nodes().promote(AGENT, BigInteger.TWO)).outcome())
        .isInstanceOf(Promotion.AlreadyCurrent.class);
    assertThat(get(nodes().promote(AGENT, BigInteger.ONE)).outcome())
        .isInstanceOf(Promotion.NotActive.class);
    assertThat(get(nodes().renew(AGENT, BigInteger.ONE, serial(9))).outcome())
        .isInstanceOf(Renewal.NotActive.class);
  }

  @Test
  void renewsFromAPendingSerialByPromotingItFirst() {
    attest(attestation(AGENT, 1));
    get(nodes().renew(AGENT, BigInteger.ONE, serial(2)));

    get(nodes().renew(AGENT, BigInteger.TWO, serial(3)));

    var node = get(nodes().find(AGENT)).orElseThrow();
    assertThat(node.current()).contains(serial(2));
    assertThat(node.pending()).contains(serial(3));
  }

  @Test
  void bansForGood() {
    attest(attestation(AGENT, 1));

    get(nodes().ban(AGENT));
    harness.reopen();

    assertThat(get(nodes().find(AGENT)).orElseThrow().current()).isEmpty();
    assertThat(attest(attestation(AGENT, 2))).isEqualTo(new Attestation.Banned());
    assertThat(get(nodes().renew(AGENT, BigInteger.ONE, serial(3))).outcome())
        .isEqualTo(new Renewal.Banned());
    assertThat(get(nodes().ban(id("/spire/agent/none"))).outcome())
        .isEqualTo(new Standing.NotFound());
  }

  @Test
  void keepsTheExpiryOfABannedNode() {
    attest(attestation(AGENT, 1));
    var before = get(nodes().find(AGENT)).orElseThrow().expiresAt();

    get(nodes().ban(AGENT));

    assertThat(get(nodes().find(AGENT)).orElseThrow().expiresAt()).isEqualTo(before);
  }

  @Test
  void filtersNodes() {
    attest(attestation(AGENT, 1));
    var other = id("/spire/agent/x509pop/two");
    attest(attestation(other, 2));
    get(nodes().ban(other));

    assertThat(get(nodes().list(NodeFilter.NONE.withBanned(true), PageRequest.ALL)).items())
        .extracting(NodeRecord::agentId)
        .containsExactly(other);
    assertThat(get(nodes().count(NodeFilter.NONE.withAttestationType("x509pop")))).isEqualTo(2);
    assertThat(get(nodes().count(NodeFilter.NONE.withCanReattest(false)))).isZero();
    assertThat(
            get(
                nodes()
                    .count(
                        NodeFilter.NONE.withExpiresBefore(Instant.parse("2026-11-22T04:00:00Z")))))
        .isZero();
  }

  @Test
  void notesTheAgentVersionWithoutAChangeInTheLog() {
    attest(attestation(AGENT, 1));

    var noted = get(nodes().noteStatus(AGENT, "1.15.3", harness.clock().instant()));

    assertThat(noted.revision()).isEqualTo(1);
    assertThat(get(nodes().find(AGENT)).orElseThrow().agentVersion()).isEqualTo("1.15.3");
  }

  @Test
  void keepsTheAgentVersionThatIsKnownWhenNoneIsTold() {
    attest(attestation(AGENT, 1));
    get(nodes().noteStatus(AGENT, "1.15.3", harness.clock().instant()));

    get(nodes().noteStatus(AGENT, "", harness.clock().instant()));

    assertThat(get(nodes().find(AGENT)).orElseThrow().agentVersion()).isEqualTo("1.15.3");
  }
}
