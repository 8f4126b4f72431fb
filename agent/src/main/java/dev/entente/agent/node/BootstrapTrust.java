package dev.entente.agent.node;

import dev.entente.agent.node.BrokerConnector.Credentials;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.runtime.BoundedFiles;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads the trust a first attestation starts from.
final class BootstrapTrust {
  /// Largest bundle read, from a file or a URL.
  static final int BUNDLE_MAX_BYTES = BoundedFiles.DOCUMENT_MAX_BYTES;

  private final NodeContext context;
  private final TrustDomain trustDomain;
  private final Bootstrap bootstrap;
  private final Download download;

  BootstrapTrust(
      NodeContext context, TrustDomain trustDomain, Bootstrap bootstrap, Download download) {
    this.context = context;
    this.trustDomain = trustDomain;
    this.bootstrap = bootstrap;
    this.download = download;
  }

  /// Fetches at most [#BUNDLE_MAX_BYTES] bytes within bounded time, following no redirect.
  interface Download {
    Future<byte[]> fetch(Bootstrap.BundleUrl from);
  }

  /// What to show to a broker we have never met, and by what to know it.
  Future<Credentials> load() {
    return switch (bootstrap) {
      case Bootstrap.Insecure() -> Future.succeededFuture(new Credentials.AnonymousUnverified());
      case Bootstrap.BundleFile(var file, var format) ->
          trusted(
              "file " + file,
              context.blocking(() -> BoundedFiles.read(file, BUNDLE_MAX_BYTES)),
              format);
      case Bootstrap.BundleUrl from ->
          trusted("URL " + from.url(), context.here(download.fetch(from)), from.format());
    };
  }

  private Future<Credentials> trusted(
      String origin, Future<byte[]> bytes, Bootstrap.Format format) {
    return bytes
        .map(it -> parse(trustDomain, it, format))
        .<Credentials>map(bundle -> new Credentials.Anonymous(BundleSource.of(bundle)))
        .recover(cause ->
            Future.failedFuture(
                new BrokerFault(
                    Kind.INVALID,
                    "the trust bundle of " + origin + " was not read: " + cause.getMessage(),
                    cause)));
  }

  /// The bundle written in `bytes`, with at least one X.509 authority.
  static SpiffeBundle parse(TrustDomain trustDomain, byte[] bytes, Bootstrap.Format format) {
    var bundle =
        switch (format) {
          case PEM -> fromPem(trustDomain, new String(bytes, StandardCharsets.US_ASCII));
          case SPIFFE -> BundleDocument.parse(trustDomain, bytes);
        };
    if (bundle.x509Authorities().isEmpty()) {
      throw new IllegalArgumentException("it holds no X.509 authority");
    }
    return bundle;
  }

  private static SpiffeBundle fromPem(TrustDomain trustDomain, String pem) {
    var authorities = Pem.certificates(pem).stream().map(X509Authority::of).toList();
    return new SpiffeBundle(
        trustDomain, authorities, List.of(), List.of(), Optional.empty(), OptionalLong.empty());
  }
}
