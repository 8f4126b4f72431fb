package dev.entente.agent.node;

import dev.entente.agent.node.BrokerFault.Denial;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import io.vertx.grpc.common.GrpcStatus;

/// Turns how a call ended into the words the agent decides by.
final class FaultCodec {
  private FaultCodec() {}

  /// The fault in `cause`, whatever it is.
  static BrokerFault read(Throwable cause) {
    return switch (cause) {
      case BrokerFault fault -> fault;
      case RpcException rpc -> read(rpc.status());
      case IllegalArgumentException unreadable ->
          new BrokerFault(
              Kind.INTERNAL, "the broker's answer was not read: " + cause.getMessage(), unreadable);
      default -> BrokerFault.of(cause);
    };
  }

  /// The fault in a status other than OK.
  static BrokerFault read(RpcStatus status) {
    var message = status.code().name() + ": " + status.message();
    var kind = kind(status.code());
    return kind == Kind.DENIED
        ? BrokerFault.denied(denial(status), message)
        : new BrokerFault(kind, message);
  }

  /// The kind for a gRPC code, in a status or in an item of a batch.
  static Kind kind(GrpcStatus code) {
    return switch (code) {
      case UNAVAILABLE, ABORTED -> Kind.UNAVAILABLE;
      case DEADLINE_EXCEEDED -> Kind.TIMED_OUT;
      case UNIMPLEMENTED -> Kind.UNIMPLEMENTED;
      case NOT_FOUND -> Kind.NOT_FOUND;
      case PERMISSION_DENIED, UNAUTHENTICATED -> Kind.DENIED;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, ALREADY_EXISTS, OUT_OF_RANGE -> Kind.INVALID;
      case RESOURCE_EXHAUSTED -> Kind.EXHAUSTED;
      case OK, CANCELLED, UNKNOWN, INTERNAL, DATA_LOSS -> Kind.INTERNAL;
    };
  }

  private static Denial denial(RpcStatus status) {
    return status
        .detail(PermissionDeniedDetails.class)
        .map(details -> denial(details.getReason()))
        .orElse(Denial.NONE);
  }

  private static Denial denial(PermissionDeniedDetails.Reason reason) {
    return switch (reason) {
      case AGENT_EXPIRED -> Denial.EXPIRED;
      case AGENT_NOT_ATTESTED -> Denial.NOT_ATTESTED;
      case AGENT_NOT_ACTIVE -> Denial.NOT_ACTIVE;
      case AGENT_BANNED -> Denial.BANNED;
      case AGENT_MUST_REATTEST -> Denial.MUST_REATTEST;
      case UNKNOWN, UNRECOGNIZED -> Denial.NONE;
    };
  }
}
