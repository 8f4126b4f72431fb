package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.ViewState;
import dev.entente.broker.store.BackupOutcome;
import dev.entente.broker.store.BackupReport;
import dev.entente.broker.store.Store;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RpcService;
import dev.entente.runtime.Health;
import dev.entente.runtime.Version;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityResponse;
import dev.entente.wire.entente.broker.v1.BackupRequest;
import dev.entente.wire.entente.broker.v1.BackupResponse;
import dev.entente.wire.entente.broker.v1.JoinTokenSummary;
import dev.entente.wire.entente.broker.v1.ListJoinTokensResponse;
import dev.entente.wire.entente.broker.v1.OperationsGrpcService;
import dev.entente.wire.entente.broker.v1.StatusResponse;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/// Entente's own administration of one broker, beyond SPIRE's APIs.
final class OperationsService {
  /// Enough of a token's digest to tell tokens apart, and no use to a thief.
  private static final int TOKEN_PREFIX_CHARS = 12;

  private final TrustDomain trustDomain;
  private final Store store;
  private final Registry registry;
  private final AuthorityActivation activation;
  private final Supplier<Health> health;
  private final EntryAdoption adoption;
  private final AttestationAnswers attestations;
  private final Gate gate;
  private final Audit audit;
  private final InstantSource clock;
  private final Instant startedAt;

  OperationsService(
      TrustDomain trustDomain,
      Store store,
      Registry registry,
      AuthorityActivation activation,
      Supplier<Health> health,
      EntryAdoption adoption,
      AttestationAnswers attestations,
      Gate gate,
      Audit audit,
      InstantSource clock) {
    this.trustDomain = trustDomain;
    this.store = store;
    this.registry = registry;
    this.activation = activation;
    this.health = health;
    this.adoption = adoption;
    this.attestations = attestations;
    this.gate = gate;
    this.audit = audit;
    this.clock = clock;
    this.startedAt = clock.instant();
  }

  /// Makes a prepared authority the signing one, before its time if asked.
  @FunctionalInterface
  interface AuthorityActivation {
    Future<Void> activate(Caller caller, ActivateAuthorityRequest request);
  }

  RpcService bind() {
    return RpcService.builder(OperationsGrpcService.SERVICE_DESCRIPTOR)
        .unary(OperationsGrpcService.Backup, answering(this::backup))
        .unary(OperationsGrpcService.GetStatus, answering((_, _) -> status()))
        .unary(
            OperationsGrpcService.ActivateAuthority,
            answering((call, request) ->
                activation
                    .activate(gate.caller(call), request)
                    .map(ActivateAuthorityResponse.getDefaultInstance())))
        .unary(OperationsGrpcService.ListJoinTokens, answering((_, _) -> tokens()))
        .unary(
            OperationsGrpcService.AdoptEntries,
            answering((call, request) -> adoption.adopt(gate.caller(call), request)))
        .unary(
            OperationsGrpcService.ListRefusedAttestations,
            answering((_, request) -> attestations.refused(request)))
        .unary(
            OperationsGrpcService.GetAgentEvidence,
            answering((_, request) -> attestations.evidence(request)))
        .build();
  }

  private Future<BackupResponse> backup(CallContext call, BackupRequest request) {
    var target = read(() -> target(request.getPath()));
    return audit
        .backup(gate.caller(call), target.toString(), () -> copy(target))
        .map(OperationsService::toWire);
  }

  private Future<BackupReport> copy(Path target) {
    return store
        .backup(target)
        .map(outcome ->
            switch (outcome) {
              case BackupOutcome.Done(var report) -> report;
              case BackupOutcome.TargetExists(var taken) ->
                  throw Refusal.of(
                          RefusalKind.ALREADY_EXISTS,
                          "backup not written: \"" + taken + "\" exists and is left alone")
                      .failure();
              case BackupOutcome.TargetUnfit(var why) ->
                  throw Refusal.invalid("backup not written: " + why).failure();
            });
  }

  private static Path target(String path) {
    if (path.isEmpty() || !path.startsWith("/")) {
      throw new IllegalArgumentException("path is not absolute: \"" + path + "\"");
    }
    return Path.of(path);
  }

  private static BackupResponse toWire(BackupReport report) {
    return BackupResponse.newBuilder()
        .setPath(report.path().toString())
        .setSizeBytes(report.sizeBytes())
        .setSha256(report.sha256())
        .setRevision(report.revision())
        .setBundleSequence(report.bundleSequence())
        .addAllKeyIds(report.keyIds())
        .build();
  }

  private Future<StatusResponse> status() {
    var response =
        StatusResponse.newBuilder()
            .setTrustDomain(trustDomain.name())
            .setVersion(Version.current().version())
            .setStoreEpoch(store.epoch())
            .setStartedAt(startedAt.getEpochSecond());
    if (registry.view() instanceof ViewState.Ready(var view)) {
      response
          .setRevision(view.revision())
          .setAgents(Math.toIntExact(view.nodeCount()))
          .setEntries(view.entryCount());
      view.ownBundle().ifPresent(b -> response.setBundleSequence(b.sequence().orElse(0)));
    }
    switch (health.get()) {
      case Health.Ready() -> response.setReady(true);
      case Health.NotReady(var reason) -> response.setReady(false).setReason(reason);
    }
    return Future.succeededFuture(response.build());
  }

  private Future<ListJoinTokensResponse> tokens() {
    return store
        .joinTokens()
        .unused(clock.instant())
        .map(tokens -> {
          var response = ListJoinTokensResponse.newBuilder();
          tokens.forEach(token ->
              response.addTokens(
                  JoinTokenSummary.newBuilder()
                      .setIdPrefix(token.digestHex().substring(0, TOKEN_PREFIX_CHARS))
                      .setExpiresAt(token.expiresAt().getEpochSecond())));
          return response.build();
        });
  }
}
