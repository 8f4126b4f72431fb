package dev.entente.broker.audit;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Something the broker was asked, decided or did. No event carries a secret: tokens, keys and CSRs
/// appear as lower-case hex SHA-256 or not at all. Ids may end in a join token: the log takes it
/// out as it writes.
public sealed interface AuditEvent {
  /// Who asked.
  AuditOrigin origin();

  /// A node showed evidence. As an intent: it was verified and the agent is about to be recorded.
  ///
  /// @param evidenceType attestation type, as in `join_token`
  /// @param evidenceDigest SHA-256 of the evidence as it came
  /// @param claims what the attestor used of it
  /// @param agentId the agent's id
  /// @param selectors what the evidence proved, each `type:value`
  /// @param repeated whether, as far as is known before it is recorded, the same evidence is shown
  ///   again with the same key
  record NodeAttestation(
      AuditOrigin origin,
      String evidenceType,
      String evidenceDigest,
      Map<String, String> claims,
      SpiffeId agentId,
      List<String> selectors,
      boolean repeated)
      implements AuditEvent {
    /// Copies the collections.
    public NodeAttestation {
      claims = Map.copyOf(claims);
      selectors = List.copyOf(selectors);
    }
  }

  /// Certificates are about to be signed, all of one call.
  ///
  /// @param purpose for whom
  record X509Issuance(AuditOrigin origin, Purpose purpose, List<X509Item> items)
      implements AuditEvent {
    /// Copies the list.
    public X509Issuance {
      items = List.copyOf(items);
    }
  }

  /// For whom a certificate is signed.
  enum Purpose {
    /// A workload, through its agent.
    WORKLOAD,
    /// An agent that has just attested.
    AGENT_ATTESTED,
    /// An agent that renews.
    AGENT_RENEWED,
    /// The broker itself.
    SERVER,
    /// An administrator who mints by hand.
    MINTED,
    /// A broker below us.
    DOWNSTREAM_CA
  }

  /// One certificate of a batch.
  ///
  /// @param entryId the registration entry that grants it, empty if none does
  /// @param spiffeId the id in it
  /// @param serial its serial number
  /// @param notAfter when it ends
  /// @param csrDigest SHA-256 of the CSR
  /// @param authorityId who signs
  record X509Item(
      String entryId,
      SpiffeId spiffeId,
      BigInteger serial,
      Instant notAfter,
      String csrDigest,
      String authorityId) {}

  /// A token is about to be signed.
  ///
  /// @param entryId the registration entry that grants it, empty if it is minted by hand
  /// @param spiffeId its `sub`
  /// @param audience its `aud`
  /// @param expiresAt its `exp`
  /// @param keyId its `kid`
  /// @param jti its `jti`, empty if it has none
  record JwtIssuance(
      AuditOrigin origin,
      String entryId,
      SpiffeId spiffeId,
      List<String> audience,
      Instant expiresAt,
      String keyId,
      String jti)
      implements AuditEvent {
    /// Copies the list.
    public JwtIssuance {
      audience = List.copyOf(audience);
    }
  }

  /// WIT-SVIDs are about to be signed, all of one call.
  record WitIssuance(AuditOrigin origin, List<WitItem> items) implements AuditEvent {
    /// Copies the list.
    public WitIssuance {
      items = List.copyOf(items);
    }
  }

  /// One WIT-SVID of a batch.
  ///
  /// @param entryId the registration entry that grants it, empty if it is minted by hand
  /// @param spiffeId its `sub`
  /// @param expiresAt its `exp`
  /// @param keyId its `kid`
  /// @param jti its `jti`
  /// @param publicKeyDigest SHA-256 of the holder's public key, PKIX in DER
  record WitItem(
      String entryId,
      SpiffeId spiffeId,
      Instant expiresAt,
      String keyId,
      String jti,
      String publicKeyDigest) {}

  /// Registration entries changed.
  record EntryChange(AuditOrigin origin, EntryAction action, List<EntryItem> entries)
      implements AuditEvent {
    /// Copies the list.
    public EntryChange {
      entries = List.copyOf(entries);
    }
  }

  /// What happened to an entry.
  enum EntryAction {
    CREATE,
    UPDATE,
    DELETE,
    /// Taken over from another server.
    ADOPT
  }

  /// One entry.
  ///
  /// @param spiffeId what it grants, empty if only the id is known
  /// @param parentId to whom, empty if only the id is known
  record EntryItem(String entryId, String spiffeId, String parentId, List<String> selectors) {
    /// Copies the list.
    public EntryItem {
      selectors = List.copyOf(selectors);
    }
  }

  /// An agent lost, or got back, its standing.
  record NodeChange(AuditOrigin origin, NodeAction action, SpiffeId agentId)
      implements AuditEvent {}

  /// What happened to a node.
  enum NodeAction {
    BAN,
    EVICT,
    EXPIRE
  }

  /// A join token was made or used.
  ///
  /// @param tokenDigest SHA-256 of the token
  /// @param agentId created: the further name of the node, empty for none; used: the node's id
  record JoinToken(AuditOrigin origin, TokenAction action, String tokenDigest, String agentId)
      implements AuditEvent {}

  /// What happened to a join token.
  enum TokenAction {
    CREATE,
    USE
  }

  /// A signing authority took a step.
  ///
  /// @param kind `x509`, `jwt` or `wit`; `upstream` for the root of another
  /// @param authorityId subject key id or key id
  /// @param early whether it was activated before it had been published for long enough
  /// @param detail why, where it is not the schedule
  record AuthorityStep(
      AuditOrigin origin,
      AuthorityAction action,
      String kind,
      String authorityId,
      boolean early,
      String detail)
      implements AuditEvent {}

  /// What happened to an authority.
  enum AuthorityAction {
    PREPARE,
    ACTIVATE,
    TAINT,
    REVOKE,
    RETIRE
  }

  /// Our own bundle got or lost an authority that is not this member's.
  ///
  /// @param authorityIds subject key ids and key ids
  record BundleChange(AuditOrigin origin, String detail, List<String> authorityIds)
      implements AuditEvent {
    /// Copies the list.
    public BundleChange {
      authorityIds = List.copyOf(authorityIds);
    }
  }

  /// A federation relationship or a foreign bundle changed.
  record FederationChange(
      AuditOrigin origin, FederationAction action, TrustDomain trustDomain, String detail)
      implements AuditEvent {}

  /// What happened to a relationship.
  enum FederationAction {
    CREATE,
    UPDATE,
    DELETE,
    BUNDLE_SET,
    BUNDLE_DELETE
  }

  /// The store was copied.
  record Backup(AuditOrigin origin, String target, String digest) implements AuditEvent {}

  /// A caller may not call what it called. Denials are written at a limited rate.
  record DeniedCall(AuditOrigin origin, String method, String reason) implements AuditEvent {}

  /// Denials of one caller that were not written, because there were too many.
  ///
  /// @param since the beginning of the hour in which they were counted
  record DenialsLeftOut(AuditOrigin origin, long count, Instant since) implements AuditEvent {}

  /// How a call ended whose intent stands before.
  ///
  /// @param of what the intent was, as its `type`
  /// @param status `success`, `refused` or `failed`
  /// @param detail the rule or the kind of fault, empty on success
  record Completion(AuditOrigin origin, String of, String status, String detail)
      implements AuditEvent {
    /// What was intended was done.
    public static Completion success(AuditEvent intent, String detail) {
      return after(intent, "success", detail);
    }

    /// A rule said no, and nothing was done.
    public static Completion refused(AuditEvent intent, String rule) {
      return after(intent, "refused", rule);
    }

    /// Something failed; it may have been done or not.
    public static Completion failed(AuditEvent intent, String what) {
      return after(intent, "failed", what);
    }

    private static Completion after(AuditEvent intent, String status, String detail) {
      return new Completion(intent.origin(), EventFields.typeOf(intent), status, detail);
    }
  }
}
