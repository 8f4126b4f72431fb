package dev.entente.broker.api;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Serves a few documents under the names of one listener block.
///
/// GET and HEAD only; an unknown path is 404, an unknown Host 421 (the certificate may be another
/// block's, RFC 9110 §15.5.20), and until there is something to show the answer is 503.
///
/// @param hosts lower-case host names, with a port where it is not 443; any if empty
/// @param documents by path; asked at each request, so they must be made beforehand
/// @param moved by path, where a document is for the time being: 307, since one that moved for good
///   is announced to those who read it (SPIFFE Federation §5.2.1.3, §5.2.2.3)
public record HttpsSite(
    Set<String> hosts,
    Map<String, Supplier<Optional<HttpsDocument>>> documents,
    Map<String, URI> moved)
    implements Handler<HttpServerRequest> {
  public HttpsSite {
    hosts = Set.copyOf(hosts);
    documents = Map.copyOf(documents);
    moved = Map.copyOf(moved);
  }

  /// One that has these documents.
  public static HttpsSite of(
      Set<String> hosts, Map<String, Supplier<Optional<HttpsDocument>>> documents) {
    return new HttpsSite(hosts, documents, Map.of());
  }

  /// One whose only document is elsewhere.
  public static HttpsSite moved(Set<String> hosts, String path, URI url) {
    return new HttpsSite(hosts, Map.of(), Map.of(path, url));
  }

  /// Whether this site answers to the host a request names.
  public boolean answersTo(HttpServerRequest request) {
    return hosts.isEmpty() || names(request.authority());
  }

  private boolean names(@Nullable HostAndPort authority) {
    if (authority == null) {
      return false;
    }
    var host = authority.host().toLowerCase(Locale.ROOT);
    return hosts.contains(host) || hosts.contains(host + ":" + authority.port());
  }

  @Override
  public void handle(HttpServerRequest request) {
    var response = request.response();
    if (!answersTo(request)) {
      end(response, 421);
    } else if (!request.method().equals(HttpMethod.GET) && !isHead(request)) {
      response.putHeader("allow", "GET, HEAD");
      end(response, 405);
    } else {
      find(moved, request.path())
          .ifPresentOrElse(url -> redirect(response, url), () -> answer(request));
    }
  }

  private void answer(HttpServerRequest request) {
    var response = request.response();
    find(documents, request.path())
        .ifPresentOrElse(
            document ->
                document
                    .get()
                    .ifPresentOrElse(found -> serve(request, found), () -> end(response, 503)),
            () -> end(response, 404));
  }

  private static <T> Optional<T> find(Map<String, T> byPath, @Nullable String path) {
    return path == null ? Optional.empty() : Optional.ofNullable(byPath.get(path));
  }

  private static void redirect(HttpServerResponse response, URI url) {
    response.putHeader("location", url.toString());
    end(response, 307);
  }

  private static void serve(HttpServerRequest request, HttpsDocument document) {
    var response =
        request
            .response()
            .putHeader("content-type", document.contentType())
            .putHeader("etag", document.etag())
            .putHeader("cache-control", "public, max-age=" + document.maxAge().toSeconds())
            .putHeader("access-control-allow-origin", "*")
            .putHeader("x-content-type-options", "nosniff");
    if (isKnown(request.getHeader("if-none-match"), document.etag())) {
      response.setStatusCode(304).end();
    } else if (isHead(request)) {
      response.putHeader("content-length", Integer.toString(document.body().length)).end();
    } else {
      response.end(Buffer.buffer(document.body()));
    }
  }

  private static boolean isHead(HttpServerRequest request) {
    return request.method().equals(HttpMethod.HEAD);
  }

  private static boolean isKnown(@Nullable String ifNoneMatch, String etag) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (var tag : ifNoneMatch.split(",", -1)) {
      var bare = tag.strip();
      if (bare.equals("*") || bare.equals(etag) || bare.equals("W/" + etag)) {
        return true;
      }
    }
    return false;
  }

  private static void end(HttpServerResponse response, int status) {
    response.setStatusCode(status).end();
  }
}
