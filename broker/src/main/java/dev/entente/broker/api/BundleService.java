package dev.entente.broker.api;

import static dev.entente.broker.api.Failures.answering;
import static dev.entente.broker.api.Failures.read;

import dev.entente.broker.api.message.BundleMessages;
import dev.entente.broker.api.message.IdMessages;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.BundleStore;
import dev.entente.broker.store.PageRequest;
import dev.entente.broker.store.Written;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallLimits;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.server.bundle.v1.AppendBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchCreateFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BatchUpdateFederatedBundleResponse;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcService;
import dev.entente.wire.spire.server.bundle.v1.CountBundlesResponse;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesResponse;
import dev.entente.wire.spire.server.bundle.v1.PublishJWTAuthorityRequest;
import dev.entente.wire.spire.server.bundle.v1.PublishJWTAuthorityResponse;
import dev.entente.wire.spire.server.bundle.v1.PublishWITAuthorityRequest;
import dev.entente.wire.spire.server.bundle.v1.PublishWITAuthorityResponse;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.BundleMask;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// SPIRE's Bundle service.
final class BundleService {
  /// For a method that anybody may call: its request is a mask of a few bytes.
  private static final CallLimits ASK_LIMITS = CallLimits.UNARY.withRequestBytesMax(4 << 10);

  private final TrustDomain trustDomain;
  private final BundleStore bundles;
  private final OwnBundle ownBundle;
  private final BundleBatches batches;
  private final Views views;
  private final Gate gate;
  private final Audit audit;
  private final JwtPublishing publishing;
  private final Supplier<Set<String>> ourIds;
  private final boolean wit;
  private final RateLimits limits;

  /// @param ourIds the ids by which the bundle knows the authorities of this broker
  /// @param wit whether WIT-SVIDs are switched on; if not, nobody is told of keys for them
  BundleService(
      TrustDomain trustDomain,
      BundleStore bundles,
      OwnBundle ownBundle,
      JwtPublishing publishing,
      Supplier<Set<String>> ourIds,
      boolean wit,
      RateLimits limits,
      Views views,
      Gate gate,
      Audit audit) {
    this.trustDomain = trustDomain;
    this.bundles = bundles;
    this.ownBundle = ownBundle;
    this.batches = new BundleBatches(trustDomain, bundles, views, audit);
    this.views = views;
    this.gate = gate;
    this.audit = audit;
    this.publishing = publishing;
    this.ourIds = ourIds;
    this.wit = wit;
    this.limits = limits;
  }

  RpcService bind() {
    return RpcService.builder(BundleGrpcService.SERVICE_DESCRIPTOR)
        .unary(BundleGrpcService.CountBundles, answering((_, _) -> count()))
        .unary(BundleGrpcService.GetBundle, ASK_LIMITS, answering((_, request) -> get(request)))
        .unary(BundleGrpcService.AppendBundle, answering(this::append))
        .unary(BundleGrpcService.PublishJWTAuthority, answering(this::publish))
        .unary(BundleGrpcService.PublishWITAuthority, answering(this::publishWit))
        .unary(BundleGrpcService.ListFederatedBundles, answering((_, request) -> list(request)))
        .unary(BundleGrpcService.GetFederatedBundle, answering((_, request) -> federated(request)))
        .unary(
            BundleGrpcService.BatchCreateFederatedBundle,
            answering((call, r) ->
                batches
                    .create(
                        gate.caller(call),
                        r.getBundleList(),
                        mask(r.hasOutputMask(), r.getOutputMask()))
                    .map(results ->
                        BatchCreateFederatedBundleResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(
            BundleGrpcService.BatchUpdateFederatedBundle,
            answering((call, r) ->
                batches
                    .update(
                        gate.caller(call),
                        r.getBundleList(),
                        mask(r.hasInputMask(), r.getInputMask()),
                        mask(r.hasOutputMask(), r.getOutputMask()))
                    .map(results ->
                        BatchUpdateFederatedBundleResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(
            BundleGrpcService.BatchSetFederatedBundle,
            answering((call, r) ->
                batches
                    .set(
                        gate.caller(call),
                        r.getBundleList(),
                        mask(r.hasOutputMask(), r.getOutputMask()))
                    .map(results ->
                        BatchSetFederatedBundleResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .unary(
            BundleGrpcService.BatchDeleteFederatedBundle,
            answering((call, r) ->
                batches
                    .delete(gate.caller(call), r.getTrustDomainsList(), r.getMode())
                    .map(results ->
                        BatchDeleteFederatedBundleResponse.newBuilder()
                            .addAllResults(results)
                            .build())))
        .build();
  }

  private Future<CountBundlesResponse> count() {
    return bundles
        .count()
        .map(count -> CountBundlesResponse.newBuilder().setCount(Math.toIntExact(count)).build());
  }

  /// Open to anyone: an agent asks for it right after attesting, before it can show an SVID.
  private Future<Bundle> get(GetBundleRequest request) {
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return views
        .require()
        .ownBundle()
        .map(bundle -> Future.succeededFuture(BundleMessages.toWire(bundle, mask)))
        .orElseGet(
            () -> Future.failedFuture(Refusal.unavailable("no authority was made yet").failure()));
  }

  private Future<Bundle> append(CallContext call, AppendBundleRequest request) {
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    var added =
        read(() ->
            new Added(
                BundleMessages.readX509(request.getX509AuthoritiesList()),
                BundleMessages.readJwt(trustDomain, request.getJwtAuthoritiesList()),
                wit
                    ? BundleMessages.readWit(trustDomain, request.getWitAuthoritiesList())
                    : List.of()));
    if (added.ids().isEmpty()) {
      throw Refusal.invalid("nothing appended: no authority was given that is verified with here")
          .failure();
    }
    return append(gate.caller(call), added).map(bundle -> BundleMessages.toWire(bundle, mask));
  }

  /// What is to be added to our bundle.
  private record Added(List<X509Authority> x509, List<JwtAuthority> jwt, List<JwtAuthority> wit) {
    SpiffeBundle to(SpiffeBundle bundle, Set<String> ours) {
      return BundleEdits.appendForeignWit(
          BundleEdits.appendForeign(bundle, x509, jwt, ours), wit, ours);
    }

    List<String> ids() {
      return Stream.concat(
              x509.stream().map(X509Authority::subjectKeyId),
              Stream.concat(jwt.stream(), wit.stream()).map(JwtAuthority::keyId))
          .toList();
    }
  }

  private Future<PublishJWTAuthorityResponse> publish(
      CallContext call, PublishJWTAuthorityRequest request) {
    var publisher = publisher(call);
    if (!request.hasJwtAuthority()) {
      throw Refusal.invalid("jwt_authority is missing").failure();
    }
    var authority = read(() -> BundleMessages.readJwt(request.getJwtAuthority()));
    return publishing
        .publish(
            publisher.id(),
            authority,
            () -> append(publisher, new Added(List.of(), List.of(authority), List.of())))
        .map(BundleService::published);
  }

  private Future<PublishWITAuthorityResponse> publishWit(
      CallContext call, PublishWITAuthorityRequest request) {
    if (!wit) {
      return Wit.unsupported();
    }
    var publisher = publisher(call);
    if (!request.hasWitAuthority()) {
      throw Refusal.invalid("wit_authority is missing").failure();
    }
    var authority = read(() -> BundleMessages.readWit(request.getWitAuthority()));
    return publishing
        .publishWit(
            publisher.id(),
            authority,
            () -> append(publisher, new Added(List.of(), List.of(), List.of(authority))))
        .map(bundle -> {
          var response = PublishWITAuthorityResponse.newBuilder();
          bundle
              .witAuthorities()
              .forEach(key -> response.addWitAuthorities(BundleMessages.toWit(key)));
          return response.build();
        });
  }

  /// Who publishes a key, unless it does so too often.
  private Caller.Identified publisher(CallContext call) {
    var publisher = gate.agent(call);
    Refusal.throwIfPresent(limits.publications(publisher.id()));
    return publisher;
  }

  /// What changes nothing leaves no line in the audit log. Answered once the view shows it: who
  /// appends an authority and reads the bundle next, finds it there.
  private Future<SpiffeBundle> append(Caller caller, Added added) {
    UnaryOperator<SpiffeBundle> edit = bundle -> added.to(bundle, ourIds.get());
    return ownBundle
        .foresee(edit)
        .map(JwtPublishing::bundleOf)
        .orElseGet(() ->
            audit.ownBundle(
                caller, added.ids(), () -> ownBundle.change(edit).compose(JwtPublishing::bundleOf)))
        .compose(bundle -> views.settled(new Written<>(bundle, ownBundle.revision())));
  }

  private static PublishJWTAuthorityResponse published(SpiffeBundle bundle) {
    var response = PublishJWTAuthorityResponse.newBuilder();
    bundle.jwtAuthorities().forEach(key -> response.addJwtAuthorities(BundleMessages.toWire(key)));
    return response.build();
  }

  /// Our own bundle is dropped after paging, so a page may be empty and still have a token.
  private Future<ListFederatedBundlesResponse> list(ListFederatedBundlesRequest request) {
    var page = read(() -> PageRequest.of(request.getPageSize(), request.getPageToken()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    return bundles
        .list(page)
        .map(found -> Listings.complete(page, found))
        .map(found -> {
          var response =
              ListFederatedBundlesResponse.newBuilder().setNextPageToken(found.nextToken());
          found.items().stream()
              .filter(bundle -> !bundle.trustDomain().equals(trustDomain))
              .forEach(bundle -> response.addBundles(BundleMessages.toWire(bundle, mask)));
          return Listings.fitting(response.build());
        });
  }

  /// An agent forgets a trust domain on NotFound, so the view alone is not enough to say it.
  private Future<Bundle> federated(GetFederatedBundleRequest request) {
    var domain = read(() -> IdMessages.readTrustDomain(request.getTrustDomain()));
    var mask = mask(request.hasOutputMask(), request.getOutputMask());
    if (domain.equals(trustDomain)) {
      throw Refusal.invalid("\"" + domain + "\" is this broker's own trust domain").failure();
    }
    var known = views.require().bundle(domain);
    return (known.isPresent() ? Future.succeededFuture(known) : bundles.find(domain))
        .map(found ->
            BundleMessages.toWire(
                found.orElseThrow(() -> Refusal.notFound("bundle not found").failure()), mask));
  }

  private BundleMask mask(boolean present, BundleMask mask) {
    return BundleMessages.shown(present ? mask : BundleMessages.ALL, wit);
  }
}
