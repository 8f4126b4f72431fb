package dev.entente.systemtests;

import dev.entente.rpc.RpcClient;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.agent.v1.ListAgentsRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityRequest;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// What an administrator asks a broker on its private socket, as blocking calls. Any thread.
///
/// For tests that ask ten thousand times; those that show how a person works use [Cli].
final class AdminApi implements AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final int PAGE = 1000;

  private final Vertx vertx;
  private final RpcClient client;

  private AdminApi(Vertx vertx, RpcClient client) {
    this.vertx = vertx;
    this.client = client;
  }

  static AdminApi of(Path socket) {
    var vertx =
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    return new AdminApi(vertx, RpcClient.overUnixSocket(vertx, socket));
  }

  /// Asks one question; a status other than OK is thrown as [dev.entente.rpc.RpcException].
  <Q, A> A ask(ServiceMethod<A, Q> method, Q request) {
    return await(client.unary(method, request, ANSWER_LIMIT));
  }

  /// What the private socket is asked on, for calls of more than one message.
  RpcClient client() {
    return client;
  }

  /// What is used by other clients of the same test.
  Vertx vertx() {
    return vertx;
  }

  /// The result of a call; its failure is thrown.
  static <T> T await(Future<T> future) {
    try {
      var limit = ANSWER_LIMIT.plusSeconds(5);
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException("call failed", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("call neither answered nor timed out", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during a call", e);
    }
  }

  /// A join token for ten minutes.
  String joinToken() {
    return joinToken("", Duration.ofMinutes(10));
  }

  /// A join token with that value, or one the broker chooses if it is empty.
  String joinToken(String value, Duration ttl) {
    var request =
        CreateJoinTokenRequest.newBuilder()
            .setToken(value)
            .setTtl(Math.toIntExact(ttl.toSeconds()))
            .build();
    return ask(AgentGrpcClient.CreateJoinToken, request).getValue();
  }

  /// A join token with that value, which gives its node a second name.
  void joinToken(String value, String path, Duration ttl) {
    var request =
        CreateJoinTokenRequest.newBuilder()
            .setToken(value)
            .setTtl(Math.toIntExact(ttl.toSeconds()))
            .setAgentId(id(path));
    ask(AgentGrpcClient.CreateJoinToken, request.build());
  }

  /// Creates one entry and returns its id.
  String createEntry(Entry entry) {
    return createEntries(List.of(entry)).getFirst();
  }

  /// Creates entries in one call and returns their ids in the same order.
  List<String> createEntries(List<Entry> entries) {
    var ids = new ArrayList<String>();
    var request = BatchCreateEntryRequest.newBuilder().addAllEntries(entries).build();
    for (var result : ask(EntryGrpcClient.BatchCreateEntry, request).getResultsList()) {
      if (result.getStatus().getCode() != 0) {
        throw new AssertionError("entry not created: " + result.getStatus());
      }
      ids.add(result.getEntry().getId());
    }
    return ids;
  }

  /// Deletes the entry with that id.
  void deleteEntry(String id) {
    var status =
        ask(
                EntryGrpcClient.BatchDeleteEntry,
                BatchDeleteEntryRequest.newBuilder().addIds(id).build())
            .getResults(0)
            .getStatus();
    if (status.getCode() != 0) {
      throw new AssertionError("entry not deleted: " + status);
    }
  }

  /// An entry of `td.example`.
  static Entry.Builder entry(String parentPath, String path, String... selectors) {
    var entry = Entry.newBuilder().setParentId(id(parentPath)).setSpiffeId(id(path));
    for (var selector : selectors) {
      var colon = selector.indexOf(':');
      entry.addSelectors(
          Selector.newBuilder()
              .setType(selector.substring(0, colon))
              .setValue(selector.substring(colon + 1)));
    }
    return entry;
  }

  static SPIFFEID id(String path) {
    return SPIFFEID.newBuilder().setTrustDomain("td.example").setPath(path).build();
  }

  /// Every entry, page by page.
  List<Entry> entries() {
    var all = new ArrayList<Entry>();
    var token = "";
    do {
      var page =
          ask(
              EntryGrpcClient.ListEntries,
              ListEntriesRequest.newBuilder().setPageSize(PAGE).setPageToken(token).build());
      all.addAll(page.getEntriesList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  /// Every attested node.
  List<Agent> agents() {
    return ask(AgentGrpcClient.ListAgents, ListAgentsRequest.getDefaultInstance()).getAgentsList();
  }

  /// Our trust domain's bundle.
  Bundle bundle() {
    return ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
  }

  /// The X.509 authorities of the bundle, as PEM.
  String bundlePem() {
    var pem = new StringBuilder();
    var base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
    for (var authority : bundle().getX509AuthoritiesList()) {
      pem.append("-----BEGIN CERTIFICATE-----\n");
      pem.append(base64.encodeToString(authority.getAsn1().toByteArray()));
      pem.append("\n-----END CERTIFICATE-----\n");
    }
    return pem.toString();
  }

  /// The id of an X.509 authority that is published from now on, and does not sign yet.
  String prepareX509Authority() {
    return ask(
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority()
        .getAuthorityId();
  }

  /// The id of the X.509 authority that signs.
  String activeX509Authority() {
    return ask(
            LocalAuthorityGrpcClient.GetX509AuthorityState,
            GetX509AuthorityStateRequest.getDefaultInstance())
        .getActive()
        .getAuthorityId();
  }

  /// Has everything replaced that an authority signed which no longer does.
  void taintX509Authority(String id) {
    ask(
        LocalAuthorityGrpcClient.TaintX509Authority,
        TaintX509AuthorityRequest.newBuilder().setAuthorityId(id).build());
  }

  /// Takes a tainted authority out of the bundle.
  void revokeX509Authority(String id) {
    ask(
        LocalAuthorityGrpcClient.RevokeX509Authority,
        RevokeX509AuthorityRequest.newBuilder().setAuthorityId(id).build());
  }

  /// Lets a prepared authority sign before its time.
  void activateNow(AuthorityKind kind, String id) {
    ask(
        OperationsGrpcClient.ActivateAuthority,
        ActivateAuthorityRequest.newBuilder()
            .setKind(kind)
            .setAuthorityId(id)
            .setNow(true)
            .build());
  }

  @Override
  public void close() {
    await(client.close());
    await(vertx.close());
  }
}
