package dev.entente.agent.node;

import static dev.entente.agent.node.NodeFixture.PARTNER;
import static dev.entente.agent.node.NodeFixture.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.FakeBrokers.Trouble;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class SynchronizerTest {
  private final NodeFixture fixture = NodeFixture.withBrokers(1);
  private final FakeBrokers brokers = fixture.brokers;

  @Test
  void aPushedEntryIsReadAtOnceAndAlone() {
    fixture.started();
    var syncs = brokers.count("sync");

    brokers.put(entry("e1", 0));

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
    assertThat(brokers.count("sync")).isEqualTo(syncs);
    assertThat(brokers.count("fetch")).isEqualTo(1);
  }

  @Test
  void aPushedRemovalNeedsNoQuestion() {
    brokers.entries.put("e1", entry("e1", 0));
    fixture.started();

    brokers.remove("e1");

    assertThat(fixture.node.current().entries()).isEmpty();
    assertThat(brokers.count("fetch")).isZero();
  }

  @Test
  void aPushOfWhatIsKnownAsksNothing() {
    brokers.entries.put("e1", entry("e1", 0));
    fixture.started();

    brokers.put(entry("e1", 0));

    assertThat(brokers.count("fetch")).isZero();
  }

  @Test
  void aPushedEntryThatCannotBeReadAnyMoreIsGone() {
    brokers.entries.put("e1", entry("e1", 0));
    fixture.started();
    brokers.entries.remove("e1");

    brokers.pushAll(new PushMessage.Change("e1", 1, java.time.Instant.EPOCH, false));

    assertThat(fixture.node.current().entries()).isEmpty();
  }

  @Test
  void aResyncReadsEverything() {
    fixture.started();
    brokers.entries.put("e1", entry("e1", 0));

    brokers.push(true, false);

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
  }

  @Test
  void aChangedBundleIsReadSavedAndTold() {
    fixture.started();
    var told = new ArrayList<SpiffeBundle>();
    fixture.node.onUpdate(state -> told.add(state.ownBundle()));
    brokers.bundle = brokers.pki.bundle(2);

    brokers.push(false, true);

    assertThat(told).containsExactly(brokers.bundle);
    assertThat(fixture.state.saved().bundle()).contains(brokers.bundle);
  }

  @Test
  void aBundleWithoutAuthoritiesIsNotTaken() {
    fixture.started();
    var good = brokers.bundle;
    brokers.bundle = SpiffeBundle.empty(FakeBrokers.DOMAIN);

    brokers.push(false, true);

    assertThat(fixture.node.current().ownBundle()).isEqualTo(good);
    assertThat(fixture.node.status().trouble()).isPresent();
  }

  @Test
  void nothingNewIsNotTold() {
    fixture.started();
    var told = new ArrayList<SyncState>();
    fixture.node.onUpdate(told::add);

    brokers.push(true, true);
    fixture.context.pass(Duration.ofMinutes(5));

    assertThat(told).isEmpty();
  }

  @Test
  void reconcilesEveryMinuteOrSoWhileChangesArePushed() {
    fixture.started();
    brokers.calls.clear();

    fixture.context.pass(Duration.ofMinutes(15));

    assertThat(brokers.count("sync")).isBetween(10L, 15L);
  }

  @Test
  void pollsABrokerThatDoesNotPush() {
    brokers.push = false;
    fixture.started();
    brokers.calls.clear();

    fixture.context.pass(Duration.ofMinutes(1));

    assertThat(brokers.count("sync")).isBetween(10L, 14L);
    assertThat(fixture.node.status().pushed()).isFalse();
  }

  @Test
  void asksNowAndThenWhetherTheBrokerHasLearntToPush() {
    brokers.push = false;
    fixture.started();
    brokers.push = true;

    fixture.context.pass(Duration.ofMinutes(6));

    assertThat(fixture.node.status().pushed()).isTrue();
  }

  @Test
  void pollsMoreSlowlyWhileThePollFails() {
    brokers.push = false;
    fixture.started();
    brokers.down.add("10.0.0.1");
    fixture.context.pass(Duration.ofMinutes(10));
    brokers.calls.clear();

    fixture.context.pass(Duration.ofMinutes(16));

    assertThat(brokers.count("sync")).isBetween(3L, 5L);
  }

  @Test
  void aBrokerThatIsGoneTakesNothingAway() {
    brokers.entries.put("e1", entry("e1", 0));
    fixture.started();
    brokers.down.add("10.0.0.1");
    brokers.endStreams(FakeBrokers.unavailable());

    fixture.context.pass(Duration.ofMinutes(5));

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
    assertThat(fixture.node.current().synced()).isTrue();
    assertThat(fixture.node.status().trouble()).isPresent();
  }

  @Test
  void aStreamThatEndsIsOpenedAgainAndNothingIsMissed() {
    fixture.started();
    var open = java.util.List.copyOf(brokers.streams);
    brokers.streams.clear();
    brokers.put(entry("e1", 0));
    open.forEach(it -> it.listener.ended(FakeBrokers.unavailable()));
    assertThat(fixture.node.status().pushed()).isFalse();

    fixture.context.pass(Duration.ofMillis(300));

    assertThat(fixture.node.status().pushed()).isTrue();
    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
  }

  @Test
  void aStreamThatNeverBeginsIsGivenUpAndPollingGoesOn() {
    brokers.silent = true;
    fixture.started();
    brokers.entries.put("e1", entry("e1", 0));
    fixture.context.pass(Duration.ofSeconds(9));
    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
    brokers.silent = false;

    fixture.context.pass(Duration.ofSeconds(2));

    assertThat(fixture.node.status().pushed()).isTrue();
  }

  @Test
  void aStreamFromAnotherEpochIsFollowedByAFullSync() {
    fixture.started();
    brokers.epoch = "e2";
    brokers.entries.put("e1", entry("e1", 0));

    brokers.push(false, false);

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
  }

  @Test
  void aFailedReadOfAPushedEntryBecomesAFullSync() {
    fixture.started();
    brokers.trouble("fetch", Trouble.lostRequest());
    brokers.put(entry("e1", 0));
    assertThat(fixture.node.current().entries()).isEmpty();

    fixture.context.pass(Duration.ofSeconds(6));

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
  }

  @Test
  void readsTheBundlesThatEntriesFederateWith() {
    var foreign = new TestPki(PARTNER, fixture.clock).bundle(7);
    brokers.federated.put(PARTNER, foreign);
    fixture.started();

    brokers.put(entry("e1", 0, PARTNER));
    assertThat(fixture.node.current().find(PARTNER)).contains(foreign);
    brokers.remove("e1");

    assertThat(fixture.node.current().find(PARTNER)).isEmpty();
  }

  @Test
  void aForeignBundleThatIsGoneIsDroppedAndOneThatCannotBeReadIsKept() {
    var other = TrustDomain.parse("other.example");
    brokers.federated.put(PARTNER, new TestPki(PARTNER, fixture.clock).bundle(1));
    brokers.federated.put(other, new TestPki(other, fixture.clock).bundle(1));
    brokers.entries.put("e1", entry("e1", 0, PARTNER, other));
    fixture.started();
    brokers.federated.remove(PARTNER);
    brokers.federatedFaults.put(other, FakeBrokers.unavailable());

    brokers.push(false, true);

    assertThat(fixture.node.current().find(PARTNER)).isEmpty();
    assertThat(fixture.node.current().find(other)).isPresent();
  }

  @Test
  void aForeignBundleThatCannotBeReadHoldsNoEntryUp() {
    brokers.federatedFaults.put(PARTNER, FakeBrokers.unavailable());
    fixture.started();

    brokers.put(entry("e1", 0, PARTNER));

    assertThat(fixture.node.current().entries()).containsOnlyKeys("e1");
  }

  @Test
  void manyForeignBundlesAreReadAll() {
    var domains = new TrustDomain[25];
    for (var i = 0; i < domains.length; i++) {
      domains[i] = TrustDomain.parse("d" + i + ".example");
      brokers.federated.put(domains[i], new TestPki(domains[i], fixture.clock).bundle(1));
    }
    brokers.entries.put("e1", entry("e1", 0, domains));

    fixture.started();

    assertThat(fixture.node.current().federated()).hasSize(25);
  }
}
