package dev.entente.rpc;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Finds the handler of a call. Immutable; one router may serve several listeners.
///
/// Only gRPC over HTTP/2 with protobuf passes: gRPC-Web, JSON and anything else get HTTP 415.
public final class RpcRouter {
  /// Longest method name repeated to a caller who asked for one that does not exist.
  private static final int ECHO_CHARS_MAX = 200;

  private final Map<String, MethodBinding<?, ?>> byPath;
  private final List<RpcService> services;
  private final CallInterceptor interceptor;

  private RpcRouter(List<RpcService> services, CallInterceptor interceptor) {
    this.services = List.copyOf(services);
    this.interceptor = interceptor;
    var paths = new HashMap<String, MethodBinding<?, ?>>();
    for (RpcService service : services) {
      for (MethodBinding<?, ?> binding : service.bindings().values()) {
        if (paths.putIfAbsent("/" + binding.fullMethodName(), binding) != null) {
          throw new IllegalArgumentException(binding.fullMethodName() + " bound twice");
        }
      }
    }
    this.byPath = Map.copyOf(paths);
  }

  /// Starts a router whose every call passes `interceptor`, health and reflection included.
  public static Builder builder(CallInterceptor interceptor) {
    return new Builder(interceptor);
  }

  /// The services bound, for tables and tests that walk every method.
  public List<RpcService> services() {
    return services;
  }

  /// Handles the requests of one connection.
  Handler<HttpServerRequest> on(Vertx vertx, Connections connections) {
    return request -> route(vertx, connections, request);
  }

  private void route(Vertx vertx, Connections connections, HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2) {
      request.response().setStatusCode(505).end().onComplete(_ -> request.connection().close());
      return;
    }
    if (!HttpMethod.POST.equals(request.method())) {
      request.response().setStatusCode(405).end();
      return;
    }
    if (!isGrpc(request.getHeader("content-type"))) {
      request.response().setStatusCode(415).end();
      return;
    }
    var connection = connections.find(request.connection());
    var binding = byPath.get(request.uri());
    if (connection.isEmpty()) {
      CallOutput.refuse(
          vertx, request, RpcStatus.of(GrpcStatus.UNAVAILABLE, "connection is not established"));
    } else if (binding == null) {
      CallOutput.refuse(
          vertx,
          request,
          RpcStatus.of(GrpcStatus.UNIMPLEMENTED, "unknown method " + echo(request.uri())));
    } else {
      ServerCall.start(vertx, request, connection.get(), binding, interceptor);
    }
  }

  private static boolean isGrpc(@Nullable String contentType) {
    return contentType != null
        && (contentType.equals("application/grpc") || contentType.equals("application/grpc+proto"));
  }

  private static String echo(String path) {
    String name = path.startsWith("/") ? path.substring(1) : path;
    return name.length() <= ECHO_CHARS_MAX ? name : name.substring(0, ECHO_CHARS_MAX) + "…";
  }

  /// Collects services.
  public static final class Builder {
    private final CallInterceptor interceptor;
    private final List<RpcService> services = new ArrayList<>();

    private Builder(CallInterceptor interceptor) {
      this.interceptor = interceptor;
    }

    /// Adds a service.
    public Builder service(RpcService service) {
      services.add(service);
      return this;
    }

    /// Adds `grpc.health.v1.Health`, which answers for the empty name and for every service bound
    /// so far. Call it after them. `serving` is asked on the event loop and must not block.
    public Builder health(Vertx vertx, BooleanSupplier serving) {
      return service(new HealthService(vertx, serving, List.copyOf(services)).bind());
    }

    /// Adds `grpc.reflection.v1` and `v1alpha`, which describe every service bound so far.
    public Builder reflection() {
      var reflection = new ReflectionService(List.copyOf(services));
      return service(reflection.bind()).service(reflection.bindAlpha());
    }

    /// Makes the router.
    public RpcRouter build() {
      return new RpcRouter(services, interceptor);
    }
  }
}
