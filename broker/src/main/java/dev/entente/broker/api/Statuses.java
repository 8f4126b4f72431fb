package dev.entente.broker.api;

import dev.entente.broker.api.Refusal.AgentReason;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import dev.entente.wire.spire.types.Status;
import java.util.Optional;

/// The one place where a [RefusalKind] becomes a gRPC status.
public final class Statuses {
  private static final Status OK = Status.newBuilder().setMessage("OK").build();

  private Statuses() {}

  /// The gRPC status code of `kind`.
  public static int code(RefusalKind kind) {
    return switch (kind) {
      case INVALID -> 3;
      case TIMED_OUT -> 4;
      case NOT_FOUND -> 5;
      case ALREADY_EXISTS -> 6;
      case DENIED -> 7;
      case TOO_LARGE -> 8;
      case PRECONDITION -> 9;
      case UNSUPPORTED -> 12;
      case INTERNAL -> 13;
      case UNAVAILABLE -> 14;
    };
  }

  /// The status of a batch item that succeeded. It is never left out: clients read it unchecked.
  public static Status ok() {
    return OK;
  }

  /// The status of a batch item that did not succeed.
  public static Status item(Refusal refusal) {
    return Status.newBuilder().setCode(code(refusal.kind())).setMessage(refusal.message()).build();
  }

  /// What an agent reads to know what to do about a denial; empty if there is nothing to do.
  public static Optional<PermissionDeniedDetails> detail(Refusal refusal) {
    return refusal
        .agentReason()
        .map(reason -> PermissionDeniedDetails.newBuilder().setReason(wire(reason)).build());
  }

  private static Reason wire(AgentReason reason) {
    return switch (reason) {
      case EXPIRED -> Reason.AGENT_EXPIRED;
      case NOT_ATTESTED -> Reason.AGENT_NOT_ATTESTED;
      case NOT_ACTIVE -> Reason.AGENT_NOT_ACTIVE;
      case BANNED -> Reason.AGENT_BANNED;
      case MUST_REATTEST -> Reason.AGENT_MUST_REATTEST;
    };
  }
}
