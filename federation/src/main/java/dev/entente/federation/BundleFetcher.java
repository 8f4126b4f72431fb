package dev.entente.federation;

import dev.entente.runtime.AddressRule;
import dev.entente.runtime.BoundedPool;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SvidTrustManager;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509TrustManager;

/// Fetches the bundle of one relationship, once.
///
/// 1. The host is resolved, and the connection goes to the very address that was checked.
/// 2. The endpoint proves itself by the relationship's profile, on the web by an alternative name
///    of its certificate; no client certificate is offered.
/// 3. One GET; a redirect is followed at most three times, each hop by the same rules and, under
///    `https_spiffe`, to the same id.
/// 4. The body is read up to a bound and parsed under the relationship's own name.
///
/// Any thread may call; what blocks or computes for long, name resolution and parsing, has other
/// threads than event loops. Each fetch has a connection and a TLS context of its own, so that no
/// session outlives the bundle that vouched for it.
public final class BundleFetcher {
  /// Whole fetch, redirects included.
  static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  /// A bundle of sixty keys is some 60 KiB; a mebibyte leaves room for a partner's growth.
  static final int BODY_MAX_BYTES = 1 << 20;

  private static final int REDIRECTS_MAX = 3;
  private static final Set<Integer> REDIRECT_STATUSES = Set.of(301, 302, 303, 307, 308);
  private static final int HTTPS_PORT = 443;

  private final Vertx vertx;
  private final BoundedPool lookups;
  private final AddressRule addresses;
  private final Optional<X509TrustManager> webRoots;
  private final InstantSource clock;

  /// @param lookups where host names are resolved, which blocks
  /// @param webRoots authorities for `https_web`; the platform's own if empty
  public BundleFetcher(
      Vertx vertx,
      BoundedPool lookups,
      AddressRule addresses,
      Optional<X509TrustManager> webRoots,
      InstantSource clock) {
    this.vertx = vertx;
    this.lookups = lookups;
    this.addresses = addresses;
    this.webRoots = webRoots;
    this.clock = clock;
  }

  /// Fetches the bundle; fails with [BundleFetchException] within ten seconds.
  ///
  /// @param bundles where the endpoint's own trust domain is looked up under `https_spiffe`
  public Future<SpiffeBundle> fetch(FederationRelationship relationship, BundleSource bundles) {
    if (relationship.profile() instanceof EndpointProfile.HttpsSpiffe spiffe
        && bundles.find(spiffe.endpointId().trustDomain()).isEmpty()) {
      return Future.failedFuture(
          new BundleFetchException(
              "federation/no-bootstrap-bundle",
              "bundle of "
                  + relationship.trustDomain()
                  + " not fetched: no bundle of "
                  + spiffe.endpointId().trustDomain()
                  + " is held to authenticate its endpoint"));
    }
    var client = vertx.createHttpClient(tls(relationship.profile(), bundles));
    return hop(client, relationship, relationship.endpointUrl(), REDIRECTS_MAX)
        // A mebibyte of keys takes up to half a second, which no event loop has.
        .compose(body -> vertx.executeBlocking(() -> parse(relationship, body), false))
        .map(Objects::requireNonNull)
        .timeout(TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .recover(failure -> Future.failedFuture(explained(relationship, failure)))
        .eventually(client::close);
  }

  private HttpClientOptions tls(EndpointProfile profile, BundleSource bundles) {
    var options =
        new HttpClientOptions()
            .setSsl(true)
            .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
            .setConnectTimeout((int) TIME_LIMIT.toMillis())
            .setDecompressionSupported(false)
            .setMaxHeaderSize(16 * 1024)
            .setKeepAlive(false);
    switch (profile) {
      case EndpointProfile.HttpsWeb _ -> {
        options.setVerifyHost(true);
        webRoots.ifPresent(roots -> options.setTrustOptions(TrustOptions.wrap(roots)));
      }
      case EndpointProfile.HttpsSpiffe spiffe ->
          options
              .setVerifyHost(false)
              .setTrustOptions(
                  TrustOptions.wrap(
                      new SvidTrustManager(bundles, spiffe.endpointId()::equals, clock)));
    }
    return options;
  }

  private Future<Buffer> hop(
      HttpClientAgent client, FederationRelationship relationship, URI url, int redirectsLeft) {
    BundleEndpointUrl.check(url);
    return resolve(url.getHost())
        .compose(address -> client.request(request(url, address)))
        // Inside: on the request's event loop, before the answer can have gone by.
        .compose(request ->
            named(relationship.profile(), url, request)
                .compose(_ -> request.send())
                .compose(response ->
                    REDIRECT_STATUSES.contains(response.statusCode())
                        ? redirect(client, relationship, url, response, redirectsLeft)
                        : body(response)));
  }

  private static Future<Void> named(EndpointProfile profile, URI url, HttpClientRequest request) {
    return switch (profile) {
      case EndpointProfile.HttpsWeb _ ->
          AlternativeNames.require(url.getHost(), request.connection().sslSession())
              // It is never sent: its connection's end is not an error for the log.
              .onFailure(_ -> request.exceptionHandler(_ -> {}));
      case EndpointProfile.HttpsSpiffe _ -> Future.succeededFuture();
    };
  }

  private Future<Buffer> redirect(
      HttpClientAgent client,
      FederationRelationship relationship,
      URI from,
      HttpClientResponse response,
      int redirectsLeft) {
    var location = response.getHeader("location");
    if (!relationship.followRedirects() || redirectsLeft == 0 || location == null) {
      return refuse("federation/redirect", "the endpoint redirects, which is not followed further");
    }
    return hop(client, relationship, from.resolve(location), redirectsLeft - 1);
  }

  private Future<InetAddress> resolve(String host) {
    var name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return lookups
        .run(vertx, () -> InetAddress.getAllByName(name), TIME_LIMIT)
        .compose(found ->
            Arrays.stream(found)
                .filter(addresses::allows)
                .findFirst()
                .map(Future::succeededFuture)
                .orElseGet(() ->
                    refuse(
                        "federation/address", "\"" + host + "\" is a private or special address")));
  }

  private static RequestOptions request(URI url, InetAddress address) {
    int port = url.getPort() < 0 ? HTTPS_PORT : url.getPort();
    var path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return new RequestOptions()
        .setMethod(HttpMethod.GET)
        .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
        .setHost(url.getHost())
        .setPort(port)
        .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
        .setFollowRedirects(false)
        .putHeader("accept", "application/json");
  }

  private static Future<Buffer> body(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      return refuse("federation/status", "the endpoint answered " + response.statusCode());
    }
    var encoding = response.getHeader("content-encoding");
    if (encoding != null && !encoding.equals("identity")) {
      return refuse("federation/encoding", "the body is compressed, which was not asked for");
    }
    var whole = Buffer.buffer();
    var promise = io.vertx.core.Promise.<Buffer>promise();
    response.exceptionHandler(promise::tryFail);
    response.endHandler(_ -> promise.tryComplete(whole));
    response.handler(part -> {
      if (whole.length() + part.length() > BODY_MAX_BYTES) {
        var tooLarge = new BundleFetchException("federation/too-large", "the body is over 1 MiB");
        if (promise.tryFail(tooLarge)) {
          response.request().connection().close();
        }
      } else {
        whole.appendBuffer(part);
      }
    });
    return promise.future();
  }

  private static SpiffeBundle parse(FederationRelationship relationship, Buffer body) {
    return BundleDocument.parse(relationship.trustDomain(), body.getBytes());
  }

  private static <T> Future<T> refuse(String code, String message) {
    return Future.failedFuture(new BundleFetchException(code, message));
  }

  private static BundleFetchException explained(
      FederationRelationship relationship, Throwable failure) {
    var what =
        "bundle of "
            + relationship.trustDomain()
            + " not fetched from "
            + relationship.endpointUrl();
    return switch (failure) {
      case BundleFetchException e ->
          new BundleFetchException(e.code(), what + ": " + e.getMessage(), e);
      case RejectedExecutionException e ->
          new BundleFetchException("federation/busy", what + ": " + e.getMessage(), e);
      case java.util.concurrent.TimeoutException e ->
          new BundleFetchException("federation/timeout", what + ": no answer within 10 s", e);
      case IllegalArgumentException e ->
          new BundleFetchException("federation/document", what + ": " + e.getMessage(), e);
      case javax.net.ssl.SSLException e ->
          new BundleFetchException("federation/tls", what + ": " + e.getMessage(), e);
      default -> new BundleFetchException("federation/unreachable", what + ": " + failure, failure);
    };
  }
}
