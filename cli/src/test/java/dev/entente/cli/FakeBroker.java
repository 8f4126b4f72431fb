package dev.entente.cli;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcRouter;
import dev.entente.rpc.RpcServer;
import dev.entente.rpc.RpcService;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.UnixSocket;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/// A daemon on a Unix socket that answers what a test tells it, and remembers what it was asked.
final class FakeBroker implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Path socket;

  /// Requests in the order of their arrival.
  final List<Message> asked = new CopyOnWriteArrayList<>();

  private FakeBroker(Path socket) {
    this.socket = socket;
  }

  /// Listens at `socket` with the services that `services` adds.
  static FakeBroker at(Path socket, Consumer<Services> services) {
    var fake = new FakeBroker(socket);
    var router = RpcRouter.builder(new CallInterceptor() {});
    services.accept(new Services(fake, router));
    RpcServer.listen(fake.vertx, UnixSocket.forOwnerAndGroup(socket), router.build()).await();
    return fake;
  }

  Path socket() {
    return socket;
  }

  @Override
  public void close() {
    vertx.close().await();
  }

  /// Adds services.
  record Services(FakeBroker fake, RpcRouter.Builder router) {
    /// Adds a service whose methods are given one by one.
    Services service(ServiceDescriptor descriptor, Consumer<Methods> methods) {
      var builder = RpcService.builder(descriptor);
      methods.accept(new Methods(fake, builder));
      router.service(builder.build());
      return this;
    }
  }

  /// Adds methods.
  record Methods(FakeBroker fake, RpcService.Builder builder) {
    <Q extends Message, A extends Message> Methods answer(ServiceMethod<Q, A> method, A answer) {
      return compute(method, _ -> answer);
    }

    /// Answers each request its own; what `answer` throws refuses the call.
    <Q extends Message, A extends Message> Methods compute(
        ServiceMethod<Q, A> method, Function<Q, A> answer) {
      builder.unary(
          method,
          (_, request) -> {
            fake.asked.add(request);
            try {
              return Future.succeededFuture(answer.apply(request));
            } catch (RpcException refused) {
              return Future.failedFuture(refused);
            }
          });
      return this;
    }

    <Q extends Message, A extends Message> Methods refuse(
        ServiceMethod<Q, A> method, GrpcStatus status, String message) {
      builder.unary(
          method,
          (_, request) -> {
            fake.asked.add(request);
            return Future.failedFuture(RpcStatus.of(status, message).asException());
          });
      return this;
    }
  }
}
