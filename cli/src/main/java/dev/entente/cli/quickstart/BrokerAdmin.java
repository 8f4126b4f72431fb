package dev.entente.cli.quickstart;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.agent.v1.GetAgentRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.RefreshBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Status;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/// What an administrator asks one broker, over its private socket: the calls behind `entente
/// token`, `bundle`, `federation`, `entry` and `authority`.
final class BrokerAdmin {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration TOKEN_TTL = Duration.ofMinutes(10);

  private final RpcClient client;

  BrokerAdmin(Vertx vertx, Path socket) {
    this.client = RpcClient.overUnixSocket(vertx, socket);
  }

  /// A token that lets one node join.
  String createJoinToken() {
    var request =
        CreateJoinTokenRequest.newBuilder().setTtl(Math.toIntExact(TOKEN_TTL.toSeconds())).build();
    return ask(AgentGrpcClient.CreateJoinToken, request).getValue();
  }

  /// The node, as the broker knows it; fails if it does not.
  Agent agent(SpiffeId id) {
    return ask(AgentGrpcClient.GetAgent, GetAgentRequest.newBuilder().setId(wire(id)).build());
  }

  /// The broker's own bundle.
  Bundle bundle() {
    return ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }

  /// The X.509 authorities of a bundle in PEM.
  static String pem(Bundle bundle) {
    return bundle.getX509AuthoritiesList().stream()
        .map(authority -> Pem.encode(Pem.CERTIFICATE, authority.getAsn1().toByteArray()))
        .collect(Collectors.joining());
  }

  /// Begins to fetch the bundle of `other`, whose first bundle is given.
  void federate(TrustDomain other, String endpoint, Bundle first) {
    var relationship =
        FederationRelationship.newBuilder()
            .setTrustDomain(other.name())
            .setBundleEndpointUrl("https://" + endpoint + "/")
            .setHttpsSpiffe(
                HTTPSSPIFFEProfile.newBuilder()
                    .setEndpointSpiffeId(SpiffeId.of(other, "/spire/server").toString()))
            .setTrustDomainBundle(first);
    var request =
        BatchCreateFederationRelationshipRequest.newBuilder()
            .addFederationRelationships(relationship)
            .build();
    var answer = ask(TrustDomainGrpcClient.BatchCreateFederationRelationship, request);
    check("federation with " + other, answer.getResults(0).getStatus());
  }

  /// Fetches the bundle of `other` from its endpoint, now.
  void refresh(TrustDomain other) {
    var request = RefreshBundleRequest.newBuilder().setTrustDomain(other.name()).build();
    var _ = ask(TrustDomainGrpcClient.RefreshBundle, request);
  }

  /// Registers a workload.
  void register(Entry entry) {
    var request = BatchCreateEntryRequest.newBuilder().addEntries(entry).build();
    var answer = ask(EntryGrpcClient.BatchCreateEntry, request);
    check("entry for " + entry.getSpiffeId().getPath(), answer.getResults(0).getStatus());
  }

  List<Entry> entries() {
    return ask(EntryGrpcClient.ListEntries, ListEntriesRequest.getDefaultInstance())
        .getEntriesList();
  }

  /// Makes and publishes the next X.509 authority; returns its id.
  String prepareX509Authority() {
    return ask(
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority()
        .getAuthorityId();
  }

  /// Lets it sign from now on, without the time that readers of the bundle are given otherwise.
  void activateX509AuthorityNow(String id) {
    var request =
        ActivateAuthorityRequest.newBuilder()
            .setKind(AuthorityKind.AUTHORITY_KIND_X509)
            .setAuthorityId(id)
            .setNow(true)
            .build();
    var _ = ask(OperationsGrpcClient.ActivateAuthority, request);
  }

  static SPIFFEID wire(SpiffeId id) {
    return SPIFFEID.newBuilder().setTrustDomain(id.trustDomain().name()).setPath(id.path()).build();
  }

  private static void check(String what, Status status) {
    if (status.getCode() != 0) {
      throw new QuickstartException(what + " not created: " + status.getMessage());
    }
  }

  private <Q, A> A ask(ServiceMethod<A, Q> method, Q request) {
    try {
      return client
          .unary(method, request, CallOptions.within(PATIENCE))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RpcException refused) {
        throw new QuickstartException(
            method.methodName() + " at " + client.target() + " failed: " + refused.getMessage(), e);
      }
      throw e;
    }
  }
}
