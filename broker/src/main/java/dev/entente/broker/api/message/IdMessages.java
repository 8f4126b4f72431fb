package dev.entente.broker.api.message;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.SPIFFEID;

/// SPIFFE IDs and trust domain names as messages.
public final class IdMessages {
  private IdMessages() {}

  /// Writes an id.
  public static SPIFFEID toWire(SpiffeId id) {
    return SPIFFEID.newBuilder().setTrustDomain(id.trustDomain().name()).setPath(id.path()).build();
  }

  /// Reads an id; the trust domain may be written as a name or as an id.
  ///
  /// @param field named in the exception
  public static SpiffeId read(SPIFFEID message, String field) {
    if (message.getTrustDomain().isEmpty()) {
      throw new IllegalArgumentException(field + ": trust domain is missing");
    }
    try {
      return SpiffeId.of(TrustDomain.parseNameOrId(message.getTrustDomain()), message.getPath());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(field + ": " + e.getMessage(), e);
    }
  }

  /// Reads an id that names something inside `trustDomain`.
  public static SpiffeId readMember(SPIFFEID message, TrustDomain trustDomain, String field) {
    var id = read(message, field);
    if (!id.isMemberOf(trustDomain)) {
      throw new IllegalArgumentException(
          field + ": \"" + id + "\" is not a member of trust domain \"" + trustDomain + "\"");
    }
    if (!id.hasPath()) {
      throw new IllegalArgumentException(field + ": \"" + id + "\" has no path");
    }
    return id;
  }

  /// Reads the id of an agent of `trustDomain`.
  public static SpiffeId readAgent(SPIFFEID message, TrustDomain trustDomain) {
    var id = readMember(message, trustDomain, "id");
    if (!isAgent(id)) {
      throw new IllegalArgumentException("id: \"" + id + "\" is not under /spire/agent/");
    }
    return id;
  }

  /// Whether an id lies where agents' ids are.
  public static boolean isAgent(SpiffeId id) {
    return id.path().startsWith("/spire/agent/");
  }

  /// Reads a trust domain, written as a name or as an id.
  public static TrustDomain readTrustDomain(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("trust domain is missing");
    }
    return TrustDomain.parseNameOrId(text);
  }
}
