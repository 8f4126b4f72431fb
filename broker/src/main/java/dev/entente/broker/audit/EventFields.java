package dev.entente.broker.audit;

import dev.entente.broker.audit.AuditEvent.EntryItem;
import dev.entente.broker.audit.AuditEvent.WitItem;
import dev.entente.broker.audit.AuditEvent.X509Item;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Names and values of an event in the log. The names are a contract with those who read it.
final class EventFields {
  private EventFields() {}

  static String typeOf(AuditEvent event) {
    return switch (event) {
      case AuditEvent.NodeAttestation _ -> "node_attestation";
      case AuditEvent.X509Issuance _ -> "x509_issuance";
      case AuditEvent.JwtIssuance _ -> "jwt_issuance";
      case AuditEvent.WitIssuance _ -> "wit_issuance";
      case AuditEvent.EntryChange _ -> "entry_change";
      case AuditEvent.NodeChange _ -> "node_change";
      case AuditEvent.JoinToken _ -> "join_token";
      case AuditEvent.AuthorityStep _ -> "authority_step";
      case AuditEvent.BundleChange _ -> "bundle_change";
      case AuditEvent.FederationChange _ -> "federation_change";
      case AuditEvent.Backup _ -> "backup";
      case AuditEvent.DeniedCall _ -> "denied_call";
      case AuditEvent.DenialsLeftOut _ -> "denials_left_out";
      case AuditEvent.Completion _ -> "completion";
    };
  }

  static Map<String, Object> of(AuditEvent event) {
    var fields = new LinkedHashMap<String, Object>();
    switch (event) {
      case AuditEvent.NodeAttestation e -> {
        fields.put("evidence_type", e.evidenceType());
        fields.put("evidence_sha256", e.evidenceDigest());
        fields.put("claims", e.claims());
        fields.put("agent_id", e.agentId().toString());
        fields.put("selectors", e.selectors());
        fields.put("repeated", e.repeated());
      }
      case AuditEvent.X509Issuance e -> {
        fields.put("purpose", lower(e.purpose()));
        fields.put("svids", e.items().stream().map(EventFields::of).toList());
      }
      case AuditEvent.JwtIssuance e -> {
        fields.put("entry_id", e.entryId());
        fields.put("spiffe_id", e.spiffeId().toString());
        fields.put("audience", e.audience());
        fields.put("expires_at", e.expiresAt().toString());
        fields.put("key_id", e.keyId());
        fields.put("jti", e.jti());
      }
      case AuditEvent.WitIssuance e ->
          fields.put("svids", e.items().stream().map(EventFields::of).toList());
      case AuditEvent.EntryChange e -> {
        fields.put("action", lower(e.action()));
        fields.put("entries", e.entries().stream().map(EventFields::of).toList());
      }
      case AuditEvent.NodeChange e -> {
        fields.put("action", lower(e.action()));
        fields.put("agent_id", e.agentId().toString());
      }
      case AuditEvent.JoinToken e -> {
        fields.put("action", lower(e.action()));
        fields.put("token_sha256", e.tokenDigest());
        fields.put("agent_id", e.agentId());
      }
      case AuditEvent.AuthorityStep e -> {
        fields.put("action", lower(e.action()));
        fields.put("kind", e.kind());
        fields.put("authority_id", e.authorityId());
        fields.put("early", e.early());
        fields.put("detail", e.detail());
      }
      case AuditEvent.BundleChange e -> {
        fields.put("detail", e.detail());
        fields.put("authority_ids", e.authorityIds());
      }
      case AuditEvent.FederationChange e -> {
        fields.put("action", lower(e.action()));
        fields.put("trust_domain", e.trustDomain().name());
        fields.put("detail", e.detail());
      }
      case AuditEvent.Backup e -> {
        fields.put("target", e.target());
        fields.put("sha256", e.digest());
      }
      case AuditEvent.DeniedCall e -> {
        fields.put("method", e.method());
        fields.put("reason", e.reason());
      }
      case AuditEvent.DenialsLeftOut e -> {
        fields.put("count", e.count());
        fields.put("since", e.since().toString());
      }
      case AuditEvent.Completion e -> {
        fields.put("of", e.of());
        fields.put("status", e.status());
        fields.put("detail", e.detail());
      }
    }
    return fields;
  }

  private static Map<String, Object> of(X509Item item) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("entry_id", item.entryId());
    fields.put("spiffe_id", item.spiffeId().toString());
    fields.put("serial", item.serial().toString());
    fields.put("not_after", item.notAfter().toString());
    fields.put("csr_sha256", item.csrDigest());
    fields.put("authority_id", item.authorityId());
    return fields;
  }

  private static Map<String, Object> of(WitItem item) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("entry_id", item.entryId());
    fields.put("spiffe_id", item.spiffeId().toString());
    fields.put("expires_at", item.expiresAt().toString());
    fields.put("key_id", item.keyId());
    fields.put("jti", item.jti());
    fields.put("public_key_sha256", item.publicKeyDigest());
    return fields;
  }

  private static Map<String, Object> of(EntryItem item) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("entry_id", item.entryId());
    fields.put("spiffe_id", item.spiffeId());
    fields.put("parent_id", item.parentId());
    fields.put("selectors", List.copyOf(item.selectors()));
    return fields;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
