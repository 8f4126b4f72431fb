package dev.entente.broker.api.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederationRelationship;
import java.time.Instant;

/// What administrators send, as any bytes: what comes out is a value, which reads the same when
/// written again, or an [IllegalArgumentException] in our own words.
final class MessageFuzzTest {
  private static final TrustDomain EXAMPLE = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @FunctionalInterface
  private interface Reading {
    void read() throws InvalidProtocolBufferException;
  }

  @FuzzTest
  void readsAnyEntry(byte[] input) {
    ifAccepted(() -> {
      var entry = EntryMessages.read(Entry.parseFrom(input), EXAMPLE, NOW);
      assertThat(entry.spiffeId().trustDomain()).isEqualTo(EXAMPLE);
      var again = EntryMessages.toWire(entry, EntryMessages.ALL);
      assertThat(EntryMessages.readKept(again, EXAMPLE)).isEqualTo(entry);
    });
  }

  @FuzzTest
  void readsAnyBundle(byte[] input) {
    ifAccepted(() -> {
      var bundle = BundleMessages.read(Bundle.parseFrom(input));
      var again = BundleMessages.toWire(bundle, BundleMessages.ALL);
      assertThat(BundleMessages.read(again)).isEqualTo(bundle);
    });
  }

  @FuzzTest
  void readsAnyRelationship(byte[] input) {
    ifAccepted(() -> {
      var message = FederationRelationship.parseFrom(input);
      assertThat(RelationshipMessages.read(message).bundleEndpointUrl().getScheme())
          .isEqualTo("https");
      RelationshipMessages.readBundle(message);
    });
  }

  private static void ifAccepted(Reading reading) {
    try {
      reading.read();
    } catch (InvalidProtocolBufferException e) {
      assertThat(e).as("no message of ours, and refused as such").isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
