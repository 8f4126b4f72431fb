package dev.entente.agent.node;

import dev.entente.agent.node.Bootstrap.BundleUrl;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.time.Duration;

/// Fetches a trust bundle by HTTP: bounded in size and time, following no redirect.
final class BundleDownload implements BootstrapTrust.Download {
  /// From connecting to the last byte.
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final int HTTPS_PORT = 443;
  private static final int HTTP_PORT = 80;

  private final Vertx vertx;

  BundleDownload(Vertx vertx) {
    this.vertx = vertx;
  }

  @Override
  public Future<byte[]> fetch(BundleUrl from) {
    // The JDK's own authorities and the host name decide about an https server.
    var client = vertx.createHttpClient(new HttpClientOptions().setVerifyHost(true));
    Promise<byte[]> promise = Promise.promise();
    var timer =
        vertx.setTimer(
            LIMIT.toMillis(),
            _ -> promise.tryFail(new IOException("no complete answer within " + LIMIT)));
    client
        .request(request(from))
        // Inside: on the request's event loop, before the answer can have gone by.
        .compose(request -> request.send().onSuccess(response -> collect(response, promise)))
        .onFailure(promise::tryFail);
    return promise
        .future()
        .onComplete(_ -> {
          vertx.cancelTimer(timer);
          client.close();
        });
  }

  private static RequestOptions request(BundleUrl from) {
    var url = from.url();
    var tls = "https".equals(url.getScheme());
    var port = url.getPort() >= 0 ? url.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
    var path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    var options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setSsl(tls)
            .setHost(url.getHost())
            .setPort(port)
            .setFollowRedirects(false)
            .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
    from.socket()
        .ifPresent(
            socket -> options.setServer(SocketAddress.domainSocketAddress(socket.toString())));
    return options;
  }

  private static void collect(HttpClientResponse response, Promise<byte[]> promise) {
    if (response.statusCode() != 200) {
      promise.tryFail(new IOException("HTTP status " + response.statusCode() + ", not 200"));
      return;
    }
    var body = Buffer.buffer();
    response.exceptionHandler(promise::tryFail);
    response.handler(part -> {
      if (body.length() + part.length() > BootstrapTrust.BUNDLE_MAX_BYTES) {
        promise.tryFail(
            new IOException("larger than " + BootstrapTrust.BUNDLE_MAX_BYTES + " bytes"));
      } else {
        body.appendBuffer(part);
      }
    });
    response.endHandler(_ -> promise.tryComplete(body.getBytes()));
  }
}
