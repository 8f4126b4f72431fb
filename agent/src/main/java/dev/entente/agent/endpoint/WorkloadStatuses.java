package dev.entente.agent.endpoint;

import dev.entente.rpc.RpcStatus;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.stream.Collectors;

/// The ways in which a Workload API call ends without an answer (SPIFFE_Workload_Endpoint §6).
///
/// Clients retry Unavailable and PermissionDenied, and stop for good on InvalidArgument and
/// Cancelled: the latter two are never used for anything the agent is to blame for.
final class WorkloadStatuses {
  static final RpcStatus NOT_SYNCED =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "the agent has not heard from its broker yet");

  static final RpcStatus NO_IDENTITY =
      RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no identity issued");

  static final RpcStatus NOT_SIGNED =
      RpcStatus.of(
          GrpcStatus.UNAVAILABLE, "not every SVID of this workload could be signed in time");

  static final RpcStatus NO_JWT_SVID =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "a JWT-SVID could not be fetched from the broker");

  static final RpcStatus TOO_MANY_STREAMS =
      RpcStatus.of(
          GrpcStatus.UNAVAILABLE, "too many streams are open, of all callers or of this user");

  static final RpcStatus TOO_MANY_VALIDATIONS =
      RpcStatus.of(GrpcStatus.UNAVAILABLE, "too many tokens wait to be validated");

  static final RpcStatus NO_WIT =
      RpcStatus.of(GrpcStatus.UNIMPLEMENTED, "the WIT-SVID profile is not offered here");

  static final RpcStatus SWITCHED_OFF =
      RpcStatus.of(GrpcStatus.UNIMPLEMENTED, "this profile is switched off here");

  static final RpcStatus NO_DELEGATE =
      RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "caller not configured as an authorized delegate");

  /// Internal is what SPIRE answers, though nothing here is broken.
  static final RpcStatus NO_SPIFFE_VALIDATOR =
      RpcStatus.of(
          GrpcStatus.INTERNAL,
          "all bundles in one are not to be had: they need the SPIFFE validator, which this Envoy"
              + " lacks or has switched off");

  /// How many of the names are told.
  private static final int NAMES_TOLD = 5;

  private static final int NAME_CHARS_TOLD = 100;

  private WorkloadStatuses() {}

  static RpcStatus noSuchSecrets(List<String> names) {
    var told =
        names.stream()
            .limit(NAMES_TOLD)
            .map(name -> '"' + name.substring(0, Math.min(name.length(), NAME_CHARS_TOLD)) + '"')
            .collect(Collectors.joining(", "));
    return invalid(
        "workload is not authorized for %d of the secrets it named: %s%s"
            .formatted(names.size(), told, names.size() > NAMES_TOLD ? ", …" : ""));
  }

  static RpcStatus unattested(String reason) {
    return RpcStatus.of(GrpcStatus.UNAVAILABLE, "workload not attested: " + reason);
  }

  static RpcStatus invalid(String what) {
    return RpcStatus.of(GrpcStatus.INVALID_ARGUMENT, what);
  }
}
