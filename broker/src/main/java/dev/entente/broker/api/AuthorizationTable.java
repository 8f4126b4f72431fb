package dev.entente.broker.api;

import static dev.entente.broker.api.Grant.ADMIN;
import static dev.entente.broker.api.Grant.AGENT;
import static dev.entente.broker.api.Grant.ANYONE;
import static dev.entente.broker.api.Grant.DOWNSTREAM;
import static dev.entente.broker.api.Grant.LOCAL;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Who may call which method. A method without a row is closed to everybody.
///
/// The rows of `spire.api.server.*` are SPIRE's own policy, so that its agents and tools find what
/// they expect; the rows of `entente.*` are ours. Rows name methods in full
/// (`package.Service/Method`).
public final class AuthorizationTable {
  private static final Map<String, Set<Grant>> ROWS = rows();

  private AuthorizationTable() {}

  /// The reasons for which `fullMethod` may be called; empty if it has no row.
  public static Set<Grant> grants(String fullMethod) {
    return ROWS.getOrDefault(fullMethod, Set.of());
  }

  /// Every method with a row.
  public static Set<String> methods() {
    return ROWS.keySet();
  }

  private static Map<String, Set<Grant>> rows() {
    var rows = new Rows();
    agent(rows);
    bundle(rows);
    entry(rows);
    svid(rows);
    trustDomain(rows);
    localAuthority(rows);
    localOnly(rows);
    return Map.copyOf(rows.map);
  }

  private static void agent(Rows rows) {
    rows.of("spire.api.server.agent.v1.Agent")
        .allow(EnumSet.of(ANYONE), "AttestAgent")
        .allow(EnumSet.of(AGENT), "RenewAgent", "PostStatus")
        .allow(
            EnumSet.of(LOCAL, ADMIN),
            "CountAgents",
            "ListAgents",
            "GetAgent",
            "DeleteAgent",
            "BanAgent",
            "CreateJoinToken");
    rows.of("entente.api.broker.v1.Push").allow(EnumSet.of(AGENT), "Subscribe", "FetchEntries");
  }

  private static void bundle(Rows rows) {
    rows.of("spire.api.server.bundle.v1.Bundle")
        .allow(EnumSet.of(ANYONE), "GetBundle")
        .allow(EnumSet.of(LOCAL, ADMIN, AGENT), "GetFederatedBundle")
        .allow(EnumSet.of(DOWNSTREAM), "PublishJWTAuthority", "PublishWITAuthority")
        .allow(
            EnumSet.of(LOCAL, ADMIN),
            "CountBundles",
            "AppendBundle",
            "ListFederatedBundles",
            "BatchCreateFederatedBundle",
            "BatchUpdateFederatedBundle",
            "BatchSetFederatedBundle",
            "BatchDeleteFederatedBundle");
  }

  private static void entry(Rows rows) {
    rows.of("spire.api.server.entry.v1.Entry")
        .allow(EnumSet.of(AGENT), "GetAuthorizedEntries", "SyncAuthorizedEntries")
        .allow(
            EnumSet.of(LOCAL, ADMIN),
            "CountEntries",
            "ListEntries",
            "GetEntry",
            "BatchCreateEntry",
            "BatchUpdateEntry",
            "BatchDeleteEntry");
  }

  private static void svid(Rows rows) {
    rows.of("spire.api.server.svid.v1.SVID")
        .allow(EnumSet.of(LOCAL, ADMIN), "MintX509SVID", "MintJWTSVID", "MintWITSVID")
        .allow(EnumSet.of(AGENT), "BatchNewX509SVID", "NewJWTSVID", "BatchNewWITSVID")
        .allow(EnumSet.of(DOWNSTREAM), "NewDownstreamX509CA");
  }

  private static void trustDomain(Rows rows) {
    rows.of("spire.api.server.trustdomain.v1.TrustDomain")
        .allow(
            EnumSet.of(LOCAL, ADMIN),
            "ListFederationRelationships",
            "GetFederationRelationship",
            "BatchCreateFederationRelationship",
            "BatchUpdateFederationRelationship",
            "BatchDeleteFederationRelationship",
            "RefreshBundle");
  }

  private static void localAuthority(Rows rows) {
    var service = rows.of("spire.api.server.localauthority.v1.LocalAuthority");
    for (var kind : new String[] {"JWT", "X509", "WIT"}) {
      service.allow(
          EnumSet.of(LOCAL, ADMIN),
          "Get" + kind + "AuthorityState",
          "Prepare" + kind + "Authority",
          "Activate" + kind + "Authority",
          "Taint" + kind + "Authority",
          "Revoke" + kind + "Authority");
    }
    service.allow(
        EnumSet.of(LOCAL, ADMIN), "TaintX509UpstreamAuthority", "RevokeX509UpstreamAuthority");
  }

  private static void localOnly(Rows rows) {
    var local = EnumSet.of(LOCAL);
    rows.of("spire.api.server.debug.v1.Debug").allow(local, "GetInfo");
    rows.of("spire.api.server.logger.v1.Logger")
        .allow(local, "GetLogger", "SetLogLevel", "ResetLogLevel");
    rows.of("grpc.health.v1.Health").allow(local, "Check", "List", "Watch");
    rows.of("grpc.reflection.v1.ServerReflection").allow(local, "ServerReflectionInfo");
    rows.of("grpc.reflection.v1alpha.ServerReflection").allow(local, "ServerReflectionInfo");
    rows.of("entente.api.broker.v1.Operations")
        .allow(
            local,
            "Backup",
            "GetStatus",
            "ActivateAuthority",
            "ListJoinTokens",
            "AdoptEntries",
            "ListRefusedAttestations",
            "GetAgentEvidence");
  }

  /// Collects rows while the class is initialised; a row given twice is a bug.
  private static final class Rows {
    private final Map<String, Set<Grant>> map = new LinkedHashMap<>();

    ServiceRows of(String service) {
      return new ServiceRows(service, map);
    }
  }

  private record ServiceRows(String service, Map<String, Set<Grant>> map) {
    ServiceRows allow(Set<Grant> grants, String... methods) {
      for (var method : methods) {
        if (map.put(service + "/" + method, Set.copyOf(grants)) != null) {
          throw new IllegalStateException("two rows for " + service + "/" + method);
        }
      }
      return this;
    }
  }
}
