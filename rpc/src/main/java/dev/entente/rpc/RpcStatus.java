package dev.entente.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How a call ended.
///
/// @param code the gRPC code
/// @param message what the caller may read; empty for none
/// @param details what a program may read beside it; travels as `google.rpc.Status`
public record RpcStatus(GrpcStatus code, String message, List<Any> details) {

  /// Success.
  public static final RpcStatus OK = new RpcStatus(GrpcStatus.OK, "", List.of());

  public RpcStatus {
    details = List.copyOf(details);
  }

  /// Makes a status without details.
  public static RpcStatus of(GrpcStatus code, String message) {
    return new RpcStatus(code, message, List.of());
  }

  /// This status with one more detail.
  public RpcStatus with(Message detail) {
    var more = new ArrayList<>(details);
    more.add(Any.pack(detail));
    return new RpcStatus(code, message, more);
  }

  /// Whether the call succeeded.
  public boolean isOk() {
    return code == GrpcStatus.OK;
  }

  /// Finds the first detail of a type; one that does not parse counts as absent.
  public <M extends Message> Optional<M> detail(Class<M> type) {
    for (Any any : details) {
      if (any.is(type)) {
        try {
          return Optional.of(any.unpack(type));
        } catch (InvalidProtocolBufferException _) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /// This status as an exception, to fail a future with.
  public RpcException asException() {
    return new RpcException(this);
  }
}
