package dev.entente.agent.endpoint;

import com.google.rpc.ErrorInfo;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.SpiffeId;
import io.vertx.grpc.common.GrpcStatus;

/// The ways in which a call of the SPIFFE Broker API ends without an answer, beyond those of the
/// Workload API (SPIFFE_Broker_Endpoint §6, SPIFFE_Broker_API §4.8).
final class SpiffeBrokerStatuses {
  private static final String DOMAIN = "spiffe.io";

  static final RpcStatus NO_CERTIFICATE =
      unauthenticated("the client has shown no X509-SVID in the TLS handshake");

  static final RpcStatus NOT_ENTITLED =
      reasoned(
          GrpcStatus.PERMISSION_DENIED,
          "WORKLOAD_NOT_ENTITLED",
          "the workload is granted no identity, or not the one asked for");

  static final RpcStatus POD_NOT_FOUND = notFound("there is no such pod on this node");

  private SpiffeBrokerStatuses() {}

  static RpcStatus unauthenticated(String why) {
    return RpcStatus.of(GrpcStatus.UNAUTHENTICATED, why);
  }

  static RpcStatus noBroker(SpiffeId caller) {
    return RpcStatus.of(
        GrpcStatus.PERMISSION_DENIED, "\"" + caller + "\" is no authorized SPIFFE broker here");
  }

  static RpcStatus badReference(String why) {
    return reasoned(GrpcStatus.INVALID_ARGUMENT, "WORKLOAD_REFERENCE_INVALID", why);
  }

  static RpcStatus notFound(String what) {
    return reasoned(GrpcStatus.NOT_FOUND, "WORKLOAD_NOT_FOUND", what);
  }

  /// Of a process that somebody named. That it is gone has to be certain: a SPIFFE broker then
  /// throws away what it has of it.
  static RpcStatus unattested(int pid, Unattested outcome) {
    return outcome.cause() == Cause.CALLER_GONE
        ? notFound("process " + pid + " is gone or cannot be seen")
        : WorkloadStatuses.unattested(outcome.reason());
  }

  private static RpcStatus reasoned(GrpcStatus code, String reason, String message) {
    return RpcStatus.of(code, message)
        .with(ErrorInfo.newBuilder().setReason(reason).setDomain(DOMAIN).build());
  }
}
