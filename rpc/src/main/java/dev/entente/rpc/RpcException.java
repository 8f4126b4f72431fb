package dev.entente.rpc;

import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/// A call that did not succeed, on either side.
///
/// A server handler fails its future with one to choose the status; a client's future fails with
/// one and with nothing else. It carries no stack trace: it is an answer, not a bug.
public final class RpcException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient RpcStatus status;

  /// Wraps a status other than OK.
  public RpcException(RpcStatus status) {
    this(status, null);
  }

  /// Wraps a status, and keeps what caused it for the log.
  public RpcException(RpcStatus status, @Nullable Throwable cause) {
    super(status.code().name() + ": " + status.message(), cause, false, false);
    if (status.isOk()) {
      throw new IllegalArgumentException("an exception cannot carry the status OK");
    }
    this.status = status;
  }

  /// Makes one from code and message.
  public static RpcException of(GrpcStatus code, String message) {
    return new RpcException(RpcStatus.of(code, message));
  }

  /// How the call ended.
  public RpcStatus status() {
    return status;
  }

  /// The gRPC code.
  public GrpcStatus code() {
    return status.code();
  }
}
