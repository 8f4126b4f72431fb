package dev.entente.broker.api;

import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.registration.EntryRules;
import dev.entente.broker.store.JoinTokenStore;
import dev.entente.broker.store.JoinTokenStore.Creation;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.types.JoinToken;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/// Hands out join tokens. The store keeps their SHA-256 only.
final class JoinTokens {
  /// What the attestor accepts; far more than any chosen token needs.
  private static final int TOKEN_MAX_CHARS = 255;

  private final TrustDomain trustDomain;
  private final JoinTokenStore tokens;
  private final Views views;
  private final Audit audit;
  private final InstantSource clock;

  JoinTokens(
      TrustDomain trustDomain,
      JoinTokenStore tokens,
      Views views,
      Audit audit,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.tokens = tokens;
    this.views = views;
    this.audit = audit;
    this.clock = clock;
  }

  Future<JoinToken> create(Caller caller, CreateJoinTokenRequest request) {
    if (request.getTtl() < 1) {
      throw Refusal.invalid("ttl is " + request.getTtl() + " s, at least 1 is needed").failure();
    }
    var token = request.getToken().isEmpty() ? UUID.randomUUID().toString() : request.getToken();
    Failures.read(() -> agentId(token));
    var expiresAt =
        Instant.ofEpochSecond(clock.instant().getEpochSecond()).plusSeconds(request.getTtl());
    var alias =
        request.hasAgentId()
            ? Optional.of(Failures.read(() -> alias(request)))
            : Optional.<SpiffeId>empty();
    var digest = Digests.sha256Hex(token);
    return audit.tokenCreation(
        caller,
        digest,
        alias.map(SpiffeId::toString).orElse(""),
        () ->
            tokens
                .create(digest, expiresAt, alias)
                .compose(views::settled)
                .map(outcome ->
                    switch (outcome) {
                      case Creation.Created() ->
                          JoinToken.newBuilder()
                              .setValue(token)
                              .setExpiresAt(expiresAt.getEpochSecond())
                              .build();
                      case Creation.Exists() ->
                          throw Refusal.of(
                                  RefusalKind.ALREADY_EXISTS, "the token was handed out before")
                              .failure();
                    }));
  }

  /// A token becomes the last segment of the agent's id. One that cannot is refused here: at
  /// attestation it would be too late, the token is spent then.
  private SpiffeId agentId(String token) {
    if (token.length() > TOKEN_MAX_CHARS || token.indexOf('/') >= 0) {
      throw new IllegalArgumentException(
          "a token is one path segment of at most " + TOKEN_MAX_CHARS + " characters");
    }
    return SpiffeId.of(trustDomain, "/spire/agent/join_token/" + token);
  }

  /// The node's second name: entries below `agent_id` are the node's too. The entry that says so
  /// names the token, so it is made when the token is used.
  private SpiffeId alias(CreateJoinTokenRequest request) {
    var name = IdMessages.readMember(request.getAgentId(), trustDomain, "agent_id");
    if (EntryRules.isReserved(name)) {
      throw new IllegalArgumentException(
          "agent_id: \"" + name + "\" lies under /spire, which is reserved");
    }
    return name;
  }
}
