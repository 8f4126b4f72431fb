package dev.entente.broker.api.message;

import dev.entente.broker.registration.EntryBuilder;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.SPIFFEID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Registration entries as messages.
public final class EntryMessages {
  /// Every field; what a request without a mask means.
  public static final EntryMask ALL =
      EntryMask.newBuilder()
          .setSpiffeId(true)
          .setParentId(true)
          .setSelectors(true)
          .setX509SvidTtl(true)
          .setFederatesWith(true)
          .setAdmin(true)
          .setDownstream(true)
          .setExpiresAt(true)
          .setDnsNames(true)
          .setRevisionNumber(true)
          .setStoreSvid(true)
          .setJwtSvidTtl(true)
          .setHint(true)
          .setCreatedAt(true)
          .setAdditionalAttributes(true)
          .build();

  private EntryMessages() {}

  /// Writes the id of an entry and the fields in `mask`.
  public static Entry toWire(RegistrationEntry entry, EntryMask mask) {
    var message = Entry.newBuilder().setId(entry.id());
    if (mask.getSpiffeId()) {
      message.setSpiffeId(IdMessages.toWire(entry.spiffeId()));
    }
    if (mask.getParentId()) {
      message.setParentId(IdMessages.toWire(entry.parentId()));
    }
    if (mask.getSelectors()) {
      message.addAllSelectors(SelectorMessages.toWire(entry.selectors()));
    }
    if (mask.getFederatesWith()) {
      entry.federatesWith().forEach(domain -> message.addFederatesWith(domain.name()));
    }
    writeLifetimes(entry, mask, message);
    writeRest(entry, mask, message);
    return message.build();
  }

  private static void writeLifetimes(
      RegistrationEntry entry, EntryMask mask, Entry.Builder message) {
    if (mask.getX509SvidTtl()) {
      message.setX509SvidTtl((int) entry.x509SvidTtl().toSeconds());
    }
    if (mask.getJwtSvidTtl()) {
      message.setJwtSvidTtl((int) entry.jwtSvidTtl().toSeconds());
    }
    if (mask.getExpiresAt()) {
      entry.expiresAt().ifPresent(at -> message.setExpiresAt(at.getEpochSecond()));
    }
    if (mask.getCreatedAt()) {
      message.setCreatedAt(entry.createdAt().getEpochSecond());
    }
    if (mask.getRevisionNumber()) {
      message.setRevisionNumber(entry.revisionNumber());
    }
  }

  private static void writeRest(RegistrationEntry entry, EntryMask mask, Entry.Builder message) {
    if (mask.getAdmin()) {
      message.setAdmin(entry.admin());
    }
    if (mask.getDownstream()) {
      message.setDownstream(entry.downstream());
    }
    if (mask.getDnsNames()) {
      message.addAllDnsNames(entry.dnsNames());
    }
    if (mask.getStoreSvid()) {
      message.setStoreSvid(entry.storeSvid());
    }
    if (mask.getHint()) {
      message.setHint(entry.hint());
    }
    boolean attributes = entry.disableX509SvidPrefetch() || entry.jwtSvidIncludeJti();
    if (mask.getAdditionalAttributes() && attributes) {
      message.setAdditionalAttributes(
          Entry.AdditionalAttributes.newBuilder()
              .setDisableX509SvidPrefetch(entry.disableX509SvidPrefetch())
              .setJwtSvidIncludeJti(entry.jwtSvidIncludeJti()));
    }
  }

  /// Reads a new entry. Without an id it gets a fresh one; revision and creation time are ours.
  public static RegistrationEntry read(Entry message, TrustDomain trustDomain, Instant createdAt) {
    var builder =
        RegistrationEntry.builder(
            readId(message.hasSpiffeId(), message.getSpiffeId(), trustDomain, "spiffe_id"),
            readId(message.hasParentId(), message.getParentId(), trustDomain, "parent_id"),
            SelectorMessages.read(message.getSelectorsList()));
    if (!message.getId().isEmpty()) {
      builder.id(message.getId());
    }
    copyOptional(message, ALL, builder);
    return builder.createdAt(createdAt).build();
  }

  /// Reads an entry as another server kept it: with its id, revision number and time of creation.
  public static RegistrationEntry readKept(Entry message, TrustDomain trustDomain) {
    if (message.getId().isEmpty()) {
      throw new IllegalArgumentException("entry id is missing");
    }
    if (message.getRevisionNumber() < 0) {
      throw new IllegalArgumentException(
          "revision_number is negative: " + message.getRevisionNumber());
    }
    var createdAt = Moments.read(message.getCreatedAt(), "created_at");
    return read(message, trustDomain, createdAt).toBuilder()
        .revisionNumber(message.getRevisionNumber())
        .build();
  }

  /// Puts the fields in `mask` over an existing entry. Id, revision number and creation time never
  /// change.
  public static RegistrationEntry patch(
      RegistrationEntry existing, Entry message, EntryMask mask, TrustDomain trustDomain) {
    var builder = existing.toBuilder();
    if (mask.getSpiffeId()) {
      builder.spiffeId(
          readId(message.hasSpiffeId(), message.getSpiffeId(), trustDomain, "spiffe_id"));
    }
    if (mask.getParentId()) {
      builder.parentId(
          readId(message.hasParentId(), message.getParentId(), trustDomain, "parent_id"));
    }
    if (mask.getSelectors()) {
      builder.selectors(SelectorMessages.read(message.getSelectorsList()));
    }
    copyOptional(message, mask, builder);
    return builder.build();
  }

  private static SpiffeId readId(
      boolean present, SPIFFEID message, TrustDomain trustDomain, String field) {
    if (!present) {
      throw new IllegalArgumentException(field + " is missing");
    }
    return IdMessages.readMember(message, trustDomain, field);
  }

  private static void copyOptional(Entry message, EntryMask mask, EntryBuilder builder) {
    if (mask.getX509SvidTtl()) {
      builder.x509SvidTtl(Duration.ofSeconds(message.getX509SvidTtl()));
    }
    if (mask.getJwtSvidTtl()) {
      builder.jwtSvidTtl(Duration.ofSeconds(message.getJwtSvidTtl()));
    }
    if (mask.getFederatesWith()) {
      builder.federatesWith(readDomains(message.getFederatesWithList()));
    }
    if (mask.getExpiresAt()) {
      copyExpiry(message.getExpiresAt(), builder);
    }
    if (mask.getDnsNames()) {
      builder.dnsNames(message.getDnsNamesList());
    }
    copyFlags(message, mask, builder);
  }

  private static void copyFlags(Entry message, EntryMask mask, EntryBuilder builder) {
    if (mask.getAdmin()) {
      builder.admin(message.getAdmin());
    }
    if (mask.getDownstream()) {
      builder.downstream(message.getDownstream());
    }
    if (mask.getStoreSvid()) {
      builder.storeSvid(message.getStoreSvid());
    }
    if (mask.getHint()) {
      builder.hint(message.getHint());
    }
    if (mask.getAdditionalAttributes()) {
      var attributes = message.getAdditionalAttributes();
      builder
          .disableX509SvidPrefetch(attributes.getDisableX509SvidPrefetch())
          .jwtSvidIncludeJti(attributes.getJwtSvidIncludeJti());
    }
  }

  private static void copyExpiry(long seconds, EntryBuilder builder) {
    if (seconds == 0) {
      builder.neverExpires();
    } else {
      builder.expiresAt(Moments.read(seconds, "expires_at"));
    }
  }

  private static List<TrustDomain> readDomains(List<String> names) {
    var domains = new ArrayList<TrustDomain>();
    for (var name : names) {
      try {
        domains.add(IdMessages.readTrustDomain(name));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("federates_with: " + e.getMessage(), e);
      }
    }
    return domains;
  }
}
