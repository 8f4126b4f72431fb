package dev.entente.broker.api;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.EntryAction;
import dev.entente.broker.audit.AuditEvent.EntryItem;
import dev.entente.broker.audit.AuditEvent.FederationAction;
import dev.entente.broker.audit.AuditEvent.NodeAction;
import dev.entente.broker.audit.AuditEvent.TokenAction;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tells the audit log what administrators changed, after the change is durable.
final class Audit {
  private final AuditTrail trail;

  Audit(AuditTrail trail) {
    this.trail = trail;
  }

  /// Who asked, as an audit line says it.
  static AuditOrigin origin(Caller caller) {
    return AuditOrigin.of(describe(caller));
  }

  private static Map<String, String> describe(Caller caller) {
    var facts = new LinkedHashMap<String, String>();
    switch (caller) {
      case Caller.Anonymous(var address) -> {
        facts.put("kind", "anonymous");
        facts.put("address", address);
      }
      case Caller.Local(var pid, var uid, var gid) -> {
        facts.put("kind", "local");
        facts.put("pid", Long.toString(pid));
        facts.put("uid", Long.toString(uid));
        facts.put("gid", Long.toString(gid));
      }
      case Caller.Identified identified -> {
        facts.put("kind", IdMessages.isAgent(identified.id()) ? "agent" : "admin");
        facts.put("spiffe_id", identified.id().toString());
        facts.put("address", identified.address());
      }
    }
    return facts;
  }

  void entries(Caller caller, EntryAction action, List<RegistrationEntry> changed) {
    if (!changed.isEmpty()) {
      var items = changed.stream().map(Audit::item).toList();
      trail.result(new AuditEvent.EntryChange(origin(caller), action, items));
    }
  }

  private static EntryItem item(RegistrationEntry entry) {
    return new EntryItem(
        entry.id(),
        entry.spiffeId().toString(),
        entry.parentId().toString(),
        entry.selectors().stream().map(Selector::toString).toList());
  }

  void node(Caller caller, NodeAction action, SpiffeId agentId) {
    trail.result(new AuditEvent.NodeChange(origin(caller), action, agentId));
  }

  /// The id of the agent-to-be ends in the token, which is good until it is used: the line names
  /// the digest, and the further id if one was given.
  void tokenCreated(Caller caller, String digest, String furtherId) {
    trail.result(new AuditEvent.JoinToken(origin(caller), TokenAction.CREATE, digest, furtherId));
  }

  void federation(Caller caller, FederationAction action, TrustDomain domain) {
    trail.result(new AuditEvent.FederationChange(origin(caller), action, domain, ""));
  }

  void ownBundle(Caller caller, List<String> authorityIds) {
    trail.result(new AuditEvent.BundleChange(origin(caller), "appended", authorityIds));
  }

  void backup(Caller caller, String target, String digest) {
    trail.result(new AuditEvent.Backup(origin(caller), target, digest));
  }
}
