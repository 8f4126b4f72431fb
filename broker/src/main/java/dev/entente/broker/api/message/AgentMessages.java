package dev.entente.broker.api.message;

import dev.entente.broker.store.NodeFilter;
import dev.entente.broker.store.NodeRecord;
import dev.entente.wire.spire.server.agent.v1.CountAgentsRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.AgentMask;
import dev.entente.wire.spire.types.SelectorMatch;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/// Attested nodes, and filters on them, as messages.
public final class AgentMessages {
  /// Every field; what a request without a mask means.
  public static final AgentMask ALL =
      AgentMask.newBuilder()
          .setAttestationType(true)
          .setX509SvidSerialNumber(true)
          .setX509SvidExpiresAt(true)
          .setSelectors(true)
          .setBanned(true)
          .setCanReattest(true)
          .setAgentVersion(true)
          .build();

  /// SPIRE's CLI writes `2006-01-02 15:04:05 -0700 -07`.
  private static final DateTimeFormatter EXPIRES_BEFORE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xx x", Locale.ROOT);

  private AgentMessages() {}

  /// Writes the id of a node and the fields in `mask`. Serial and expiry are those of the agent
  /// SVID in use; a banned node has no serial, and the expiry it had.
  public static Agent toWire(NodeRecord node, AgentMask mask) {
    var message = Agent.newBuilder().setId(IdMessages.toWire(node.agentId()));
    if (mask.getAttestationType()) {
      message.setAttestationType(node.attestationType());
    }
    if (mask.getX509SvidSerialNumber()) {
      node.current().ifPresent(it -> message.setX509SvidSerialNumber(it.number().toString()));
    }
    if (mask.getX509SvidExpiresAt()) {
      message.setX509SvidExpiresAt(node.expiresAt().getEpochSecond());
    }
    if (mask.getSelectors()) {
      message.addAllSelectors(SelectorMessages.toWire(node.selectors()));
    }
    if (mask.getBanned()) {
      message.setBanned(node.banned());
    }
    if (mask.getCanReattest()) {
      message.setCanReattest(node.canReattest());
    }
    if (mask.getAgentVersion()) {
      message.setAgentVersion(node.agentVersion());
    }
    return message.build();
  }

  /// Reads the filter of a listing.
  public static NodeFilter read(ListAgentsRequest.Filter filter) {
    return read(
        new Parts(
            filter.getByAttestationType(),
            present(filter.hasBySelectorMatch(), filter.getBySelectorMatch()),
            present(filter.hasByBanned(), filter.getByBanned().getValue()),
            present(filter.hasByCanReattest(), filter.getByCanReattest().getValue()),
            filter.getByExpiresBefore()));
  }

  /// Reads the filter of a count.
  public static NodeFilter read(CountAgentsRequest.Filter filter) {
    return read(
        new Parts(
            filter.getByAttestationType(),
            present(filter.hasBySelectorMatch(), filter.getBySelectorMatch()),
            present(filter.hasByBanned(), filter.getByBanned().getValue()),
            present(filter.hasByCanReattest(), filter.getByCanReattest().getValue()),
            filter.getByExpiresBefore()));
  }

  private record Parts(
      String attestationType,
      Optional<SelectorMatch> selectors,
      Optional<Boolean> banned,
      Optional<Boolean> canReattest,
      String expiresBefore) {}

  private static NodeFilter read(Parts parts) {
    return new NodeFilter(
        Optional.of(parts.attestationType()).filter(type -> !type.isEmpty()),
        parts.selectors().map(match -> SelectorMessages.readMatch(match, "by_selector_match")),
        parts.banned(),
        parts.canReattest(),
        readMoment(parts.expiresBefore()));
  }

  /// A moment that does not parse filters nothing, as in SPIRE.
  private static Optional<Instant> readMoment(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(OffsetDateTime.parse(text, EXPIRES_BEFORE).toInstant());
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  private static <T> Optional<T> present(boolean has, T value) {
    return has ? Optional.of(value) : Optional.empty();
  }
}
