package dev.entente.cli;

import dev.entente.cli.ImportReport.Fate;
import dev.entente.cli.RegistryImport.Options;
import dev.entente.spiffe.PublicKeys;
import dev.entente.wire.spire.server.bundle.v1.AppendBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesResponse;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Takes over bundles: those of other trust domains, and on request the other server's own
/// authorities.
final class BundleImport {
  /// A bundle may have a MiB.
  private static final int PAGE = 3;

  private final Calls source;
  private final Calls target;
  private final Options options;
  private final ImportReport report;

  BundleImport(Calls source, Calls target, Options options, ImportReport report) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.report = report;
  }

  /// Adds the other server's own authorities to our bundle, if that is wanted.
  void own(String trustDomain) {
    if (!options.ownBundle()) {
      report.remark(
          "the other server's own authorities were not added to the bundle of "
              + trustDomain
              + ": its SVIDs are not believed here; --own-bundle adds them");
      return;
    }
    var request = GetBundleRequest.getDefaultInstance();
    var missing = missing(usable(bundle(source, request), report::remark), bundle(target, request));
    if (missing.equals(AppendBundleRequest.getDefaultInstance())) {
      report.add("own bundle", "own bundle", Fate.UNCHANGED, "");
      return;
    }
    if (!options.dryRun()) {
      target.ask(BundleGrpcClient.AppendBundle, missing);
    }
    report.add("own bundle", "own bundle", Fate.TAKEN, "");
  }

  private static Bundle bundle(Calls calls, GetBundleRequest request) {
    return calls.ask(BundleGrpcClient.GetBundle, request);
  }

  /// A bundle without the JWT keys that no broker verifies with: it would leave them out, and the
  /// next import would find another bundle here. What cannot be read is the broker's to refuse.
  ///
  /// @param remarks told of each that is left out
  static Bundle usable(Bundle bundle, Consumer<String> remarks) {
    var usable = bundle.toBuilder().clearJwtAuthorities();
    for (var key : bundle.getJwtAuthoritiesList()) {
      if (isUsable(key)) {
        usable.addJwtAuthorities(key);
      } else {
        remarks.accept(
            "JWT key "
                + key.getKeyId()
                + " of "
                + bundle.getTrustDomain()
                + " was left out: it is of a kind that nothing here verifies with");
      }
    }
    return usable.build();
  }

  private static boolean isUsable(JWTKey key) {
    try {
      return PublicKeys.readIfAcceptable(key.getPublicKey().toByteArray()).isPresent();
    } catch (IllegalArgumentException _) {
      return true;
    }
  }

  private static AppendBundleRequest missing(Bundle theirs, Bundle ours) {
    var request = AppendBundleRequest.newBuilder();
    var known = x509(ours);
    theirs.getX509AuthoritiesList().stream()
        .filter(authority -> !authority.getTainted() && !known.contains(authority.getAsn1()))
        .forEach(request::addX509Authorities);
    var keys = jwt(ours);
    theirs.getJwtAuthoritiesList().stream()
        .filter(key -> !key.getTainted() && !keys.containsKey(key.getKeyId()))
        .forEach(request::addJwtAuthorities);
    return request.build();
  }

  /// Takes over the bundles of other trust domains.
  ///
  /// @return the trust domains whose bundle is known then
  Set<String> federated() {
    var present = new LinkedHashMap<String, Bundle>();
    each(target, bundle -> present.put(bundle.getTrustDomain(), bundle));
    var known = new HashSet<>(present.keySet());
    each(
        source,
        bundle -> {
          if (take(usable(bundle, report::remark), present)) {
            known.add(bundle.getTrustDomain());
          }
        });
    return known;
  }

  private static void each(Calls calls, Consumer<Bundle> taker) {
    Paging.each(
        token -> calls.ask(BundleGrpcClient.ListFederatedBundles, page(token)),
        ListFederatedBundlesResponse::getNextPageToken,
        page -> page.getBundlesList().forEach(taker));
  }

  private static ListFederatedBundlesRequest page(String token) {
    return ListFederatedBundlesRequest.newBuilder().setPageSize(PAGE).setPageToken(token).build();
  }

  private boolean take(Bundle bundle, Map<String, Bundle> present) {
    var name = "bundle of " + bundle.getTrustDomain();
    var here = present.get(bundle.getTrustDomain());
    if (here == null) {
      return set(name, bundle);
    }
    if (x509(here).equals(x509(bundle)) && jwt(here).equals(jwt(bundle))) {
      report.add("bundles", name, Fate.UNCHANGED, "");
    } else {
      report.add(
          "bundles",
          name,
          Fate.CONFLICT,
          "another one is here, with the sequence number "
              + Long.toUnsignedString(here.getSequenceNumber())
              + "; it was left as it is: a relationship keeps it fresh, or `entente bundle set`");
    }
    return true;
  }

  private boolean set(String name, Bundle bundle) {
    if (options.dryRun()) {
      report.add("bundles", name, Fate.TAKEN, "");
      return true;
    }
    var request = BatchSetFederatedBundleRequest.newBuilder().addBundle(bundle).build();
    var status = target.ask(BundleGrpcClient.BatchSetFederatedBundle, request).getResults(0);
    var refused = status.getStatus().getCode() != 0;
    report.add(
        "bundles", name, refused ? Fate.REFUSED : Fate.TAKEN, status.getStatus().getMessage());
    return !refused;
  }

  private static Set<Object> x509(Bundle bundle) {
    var authorities = new HashSet<Object>();
    bundle.getX509AuthoritiesList().stream()
        .map(X509Certificate::getAsn1)
        .forEach(authorities::add);
    return authorities;
  }

  /// Taint marks are each server's own, so they do not make a key another one.
  private static Map<String, Object> jwt(Bundle bundle) {
    var keys = new LinkedHashMap<String, Object>();
    for (JWTKey key : bundle.getJwtAuthoritiesList()) {
      keys.put(key.getKeyId(), List.of(key.getPublicKey(), key.getExpiresAt()));
    }
    return keys;
  }
}
