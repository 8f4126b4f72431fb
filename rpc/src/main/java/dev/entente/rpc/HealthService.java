package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.health.v1.HealthCheckRequest;
import io.vertx.grpc.health.v1.HealthCheckResponse;
import io.vertx.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.vertx.grpc.health.v1.HealthListRequest;
import io.vertx.grpc.health.v1.HealthListResponse;
import io.vertx.grpc.health.v1.HealthProto;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/// gRPC's health protocol: one state for the whole process, asked by the empty name or any
/// service's.
final class HealthService {
  /// How often a watched state is looked at: a load balancer should see a change within seconds.
  private static final long WATCH_MILLIS = 1000;

  private static final ServiceName NAME = ServiceName.create("grpc.health.v1.Health");
  private static final ServiceMethod<HealthCheckRequest, HealthCheckResponse> CHECK =
      ServiceMethod.server(
          NAME,
          "Check",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(HealthCheckRequest.newBuilder()));
  private static final ServiceMethod<HealthCheckRequest, HealthCheckResponse> WATCH =
      ServiceMethod.server(
          NAME,
          "Watch",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(HealthCheckRequest.newBuilder()));
  private static final ServiceMethod<HealthListRequest, HealthListResponse> LIST =
      ServiceMethod.server(
          NAME,
          "List",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(HealthListRequest.newBuilder()));

  private final Vertx vertx;
  private final BooleanSupplier serving;
  private final Set<String> names = new TreeSet<>();

  HealthService(Vertx vertx, BooleanSupplier serving, List<RpcService> services) {
    this.vertx = vertx;
    this.serving = serving;
    names.add("");
    services.forEach(service -> names.add(service.descriptor().getFullName()));
  }

  RpcService bind() {
    var descriptor = HealthProto.getDescriptor().findServiceByName("Health");
    return RpcService.builder(descriptor)
        .unary(CHECK, (_, request) -> check(request.getService()))
        .unary(LIST, (_, _) -> list())
        .serverStream(WATCH, (_, request, out) -> watch(request.getService(), out))
        .build();
  }

  private Future<HealthCheckResponse> check(String name) {
    return names.contains(name)
        ? Future.succeededFuture(response(status(name)))
        : Future.failedFuture(RpcException.of(GrpcStatus.NOT_FOUND, "unknown service"));
  }

  private Future<HealthListResponse> list() {
    var list = HealthListResponse.newBuilder();
    names.forEach(name -> list.putStatuses(name, response(status(name))));
    return Future.succeededFuture(list.build());
  }

  private void watch(String name, ResponseStream<HealthCheckResponse> out) {
    var last = new ServingStatus[] {status(name)};
    out.send(response(last[0]));
    long timer =
        vertx.setPeriodic(
            WATCH_MILLIS,
            _ -> {
              var now = status(name);
              if (now != last[0]) {
                last[0] = now;
                out.send(response(now));
              }
            });
    out.onClose(_ -> vertx.cancelTimer(timer));
  }

  private ServingStatus status(String name) {
    if (!names.contains(name)) {
      return ServingStatus.SERVICE_UNKNOWN;
    }
    return serving.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  private static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }
}
