package dev.entente.rpc;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.entente.rpc.MethodBinding.Answerer;
import io.vertx.grpc.common.ServiceMethod;
import java.util.LinkedHashMap;
import java.util.Map;

/// A gRPC service with its handlers. Methods without one answer Unimplemented.
///
/// ```java
/// RpcService.builder(AgentGrpcService.SERVICE_DESCRIPTOR)
///     .unary(AgentGrpcService.GetAgent, this::getAgent)
///     .bidi(AgentGrpcService.AttestAgent, attestLimits, this::attestAgent)
///     .build();
/// ```
public final class RpcService {
  private final ServiceDescriptor descriptor;
  private final Map<String, MethodBinding<?, ?>> bindings;

  private RpcService(ServiceDescriptor descriptor, Map<String, MethodBinding<?, ?>> bindings) {
    this.descriptor = descriptor;
    this.bindings = Map.copyOf(bindings);
  }

  /// Starts a service; use the generated `SERVICE_DESCRIPTOR`.
  public static Builder builder(ServiceDescriptor descriptor) {
    return new Builder(descriptor);
  }

  /// A service of one conversation that peers also know by another name.
  static <Q, A> RpcService alias(
      ServiceDescriptor descriptor,
      String name,
      ServiceMethod<Q, A> method,
      BidiHandler<Q, A> handler) {
    var binding =
        new MethodBinding<>(
            name + "/" + method.methodName(),
            method,
            CallLimits.STREAM,
            new MethodBinding.Bidi<>(handler));
    return new RpcService(descriptor, Map.of(method.methodName(), binding));
  }

  /// What the .proto file says of the service.
  public ServiceDescriptor descriptor() {
    return descriptor;
  }

  /// The bindings by method name.
  Map<String, MethodBinding<?, ?>> bindings() {
    return bindings;
  }

  /// Collects handlers. A method that the descriptor does not have, or has in another shape, is
  /// refused with an `IllegalArgumentException`.
  public static final class Builder {
    private final ServiceDescriptor descriptor;
    private final Map<String, MethodBinding<?, ?>> bindings = new LinkedHashMap<>();

    private Builder(ServiceDescriptor descriptor) {
      this.descriptor = descriptor;
    }

    /// Binds a unary method within [CallLimits#UNARY].
    public <Q, A> Builder unary(ServiceMethod<Q, A> method, UnaryHandler<Q, A> handler) {
      return unary(method, CallLimits.UNARY, handler);
    }

    /// Binds a unary method.
    public <Q, A> Builder unary(
        ServiceMethod<Q, A> method, CallLimits limits, UnaryHandler<Q, A> handler) {
      return bind(method, limits, new MethodBinding.Unary<>(handler), false, false);
    }

    /// Binds a server-streaming method within [CallLimits#STREAM].
    public <Q, A> Builder serverStream(
        ServiceMethod<Q, A> method, ServerStreamHandler<Q, A> handler) {
      return serverStream(method, CallLimits.STREAM, handler);
    }

    /// Binds a server-streaming method.
    public <Q, A> Builder serverStream(
        ServiceMethod<Q, A> method, CallLimits limits, ServerStreamHandler<Q, A> handler) {
      return bind(method, limits, new MethodBinding.ServerStream<>(handler), false, true);
    }

    /// Binds a bidirectional method within [CallLimits#STREAM].
    public <Q, A> Builder bidi(ServiceMethod<Q, A> method, BidiHandler<Q, A> handler) {
      return bidi(method, CallLimits.STREAM, handler);
    }

    /// Binds a bidirectional method.
    public <Q, A> Builder bidi(
        ServiceMethod<Q, A> method, CallLimits limits, BidiHandler<Q, A> handler) {
      return bind(method, limits, new MethodBinding.Bidi<>(handler), true, true);
    }

    /// Makes the service.
    public RpcService build() {
      return new RpcService(descriptor, bindings);
    }

    private <Q, A> Builder bind(
        ServiceMethod<Q, A> method,
        CallLimits limits,
        Answerer<Q, A> answerer,
        boolean streamsIn,
        boolean streamsOut) {
      String name = method.methodName();
      MethodDescriptor described = descriptor.findMethodByName(name);
      String service = method.serviceName().fullyQualifiedName();
      if (described == null || !service.equals(descriptor.getFullName())) {
        throw new IllegalArgumentException(
            "no method " + service + "/" + name + " in service " + descriptor.getFullName());
      }
      if (described.isClientStreaming() != streamsIn
          || described.isServerStreaming() != streamsOut) {
        throw new IllegalArgumentException(service + "/" + name + " bound in another shape");
      }
      var binding = new MethodBinding<>(service + "/" + name, method, limits, answerer);
      if (bindings.putIfAbsent(name, binding) != null) {
        throw new IllegalArgumentException(service + "/" + name + " bound twice");
      }
      return this;
    }
  }
}
