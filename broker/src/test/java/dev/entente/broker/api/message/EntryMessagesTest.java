package dev.entente.broker.api.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryMessagesTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

  private static SPIFFEID id(String path) {
    return SPIFFEID.newBuilder().setTrustDomain("example.org").setPath(path).build();
  }

  private static Entry.Builder full() {
    return Entry.newBuilder()
        .setId("given-id")
        .setSpiffeId(id("/app"))
        .setParentId(id("/spire/agent/join_token/t"))
        .addSelectors(Selector.newBuilder().setType("k8s").setValue("ns:default"))
        .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1:2"))
        .setX509SvidTtl(60)
        .setJwtSvidTtl(61)
        .addFederatesWith("other.example")
        .setAdmin(true)
        .setDownstream(true)
        .setExpiresAt(1_900_000_000)
        .addDnsNames("b.test")
        .addDnsNames("a.test")
        .setStoreSvid(true)
        .setHint("hint")
        .setAdditionalAttributes(
            Entry.AdditionalAttributes.newBuilder()
                .setDisableX509SvidPrefetch(true)
                .setJwtSvidIncludeJti(true));
  }

  @Test
  void whatIsReadIsWrittenBackWithOurRevisionAndTime() {
    var read = EntryMessages.read(full().setRevisionNumber(7).setCreatedAt(5).build(), DOMAIN, NOW);

    assertThat(EntryMessages.toWire(read, EntryMessages.ALL))
        .isEqualTo(full().setRevisionNumber(0).setCreatedAt(NOW.getEpochSecond()).build());
  }

  @Test
  void anEntryWithoutIdGetsOne() {
    var one = EntryMessages.read(full().clearId().build(), DOMAIN, NOW);
    var other = EntryMessages.read(full().clearId().build(), DOMAIN, NOW);

    assertThat(one.id()).isNotEmpty().isNotEqualTo(other.id());
  }

  @Test
  void theIdIsWrittenUnderEveryMask() {
    var read = EntryMessages.read(full().build(), DOMAIN, NOW);

    assertThat(EntryMessages.toWire(read, EntryMask.getDefaultInstance()))
        .isEqualTo(Entry.newBuilder().setId("given-id").build());
    assertThat(EntryMessages.toWire(read, EntryMask.newBuilder().setHint(true).build()))
        .isEqualTo(Entry.newBuilder().setId("given-id").setHint("hint").build());
  }

  @Test
  void aPatchTouchesOnlyTheFieldsInItsMask() {
    var existing = EntryMessages.read(full().build(), DOMAIN, NOW);
    var update = Entry.newBuilder().setHint("new").setX509SvidTtl(99).build();

    var patched =
        EntryMessages.patch(existing, update, EntryMask.newBuilder().setHint(true).build(), DOMAIN);

    assertThat(patched).isEqualTo(existing.toBuilder().hint("new").build());
  }

  @Test
  void aPatchOfEverythingNeedsWhatACreationNeeds() {
    var existing = EntryMessages.read(full().build(), DOMAIN, NOW);

    assertThatThrownBy(() ->
            EntryMessages.patch(
                existing, full().clearSpiffeId().build(), EntryMessages.ALL, DOMAIN))
        .hasMessageContaining("spiffe_id is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"other.example", "spiffe://other.example"})
  void federatedDomainsAreReadInBothForms(String written) {
    var read =
        EntryMessages.read(
            full().clearFederatesWith().addFederatesWith(written).build(), DOMAIN, NOW);

    assertThat(read.federatesWith()).containsExactly(TrustDomain.parse("other.example"));
  }

  @Test
  void refusesIdsOfOtherDomainsAndMalformedParts() {
    var foreign = id("/app").toBuilder().setTrustDomain("evil.example").build();

    assertThatThrownBy(() -> EntryMessages.read(full().setSpiffeId(foreign).build(), DOMAIN, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("spiffe_id");
    assertThatThrownBy(
            () -> EntryMessages.read(full().setParentId(id("no-slash")).build(), DOMAIN, NOW))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            EntryMessages.read(
                full().addSelectors(Selector.newBuilder().setType("a:b").setValue("c")).build(),
                DOMAIN,
                NOW))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> EntryMessages.read(full().setExpiresAt(Long.MAX_VALUE).build(), DOMAIN, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("year 9999");
    assertThatThrownBy(() -> EntryMessages.read(full().setExpiresAt(-1).build(), DOMAIN, NOW))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> EntryMessages.read(full().addFederatesWith("BAD").build(), DOMAIN, NOW))
        .hasMessageContaining("federates_with");
  }
}
