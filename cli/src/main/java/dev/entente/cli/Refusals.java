package dev.entente.cli;

import dev.entente.rpc.RpcStatus;
import io.vertx.grpc.common.GrpcStatus;

/// Turns a daemon's refusal into words and an exit code.
final class Refusals {
  /// How our own client begins when nobody answered; any other word came from the daemon.
  private static final String NO_CONNECTION = "connection to ";

  /// How our servers and those of SPIRE begin when they do not serve a method at all.
  private static final String UNKNOWN_METHOD = "unknown ";

  private Refusals() {}

  /// The failure of a whole call.
  static Failure of(Calls.Peer peer, RpcStatus status) {
    return switch (status.code()) {
      case UNAVAILABLE ->
          status.message().startsWith(NO_CONNECTION)
              ? noAnswer(peer, status)
              : notNow(peer, status);
      case DEADLINE_EXCEEDED -> noAnswer(peer, status);
      case PERMISSION_DENIED ->
          new Failure(ExitCode.DENIED, peer.name() + " refused", text(status), "");
      case UNIMPLEMENTED -> unknown(peer, status);
      default -> new Failure(exitCode(status.code()), text(status), "", "");
    };
  }

  /// What is switched off says so; a method that nobody serves is another daemon's, or another
  /// version's.
  private static Failure unknown(Calls.Peer peer, RpcStatus status) {
    if (!status.message().isEmpty() && !status.message().startsWith(UNKNOWN_METHOD)) {
      return new Failure(ExitCode.FAILED, peer.name() + " does not offer this", text(status), "");
    }
    return new Failure(
        ExitCode.FAILED,
        peer.name() + " does not know this call",
        text(status),
        "see whether the socket is that of another daemon, and whether the daemon is of another"
            + " version (`entente version`)");
  }

  private static Failure noAnswer(Calls.Peer peer, RpcStatus status) {
    return new Failure(
        ExitCode.UNREACHABLE, "no answer from " + peer.name(), text(status), peer.startHint());
  }

  private static Failure notNow(Calls.Peer peer, RpcStatus status) {
    return new Failure(
        ExitCode.UNREACHABLE, peer.name() + " cannot do it now", text(status), peer.statusHint());
  }

  /// The failure of one item of a batch, whose code arrives as a number.
  static Failure ofItem(String what, int code, String message) {
    var status = GrpcStatus.valueOf(code);
    var known = status == null ? GrpcStatus.UNKNOWN : status;
    return new Failure(exitCode(known), what, message, "");
  }

  static ExitCode exitCode(GrpcStatus code) {
    return switch (code) {
      case OK -> ExitCode.OK;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> ExitCode.USAGE;
      case NOT_FOUND -> ExitCode.NOT_FOUND;
      case UNAUTHENTICATED -> ExitCode.AUTHENTICATION;
      case PERMISSION_DENIED -> ExitCode.DENIED;
      case ALREADY_EXISTS, ABORTED, FAILED_PRECONDITION -> ExitCode.CONFLICT;
      case UNAVAILABLE, DEADLINE_EXCEEDED -> ExitCode.UNREACHABLE;
      case CANCELLED, UNKNOWN, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, DATA_LOSS ->
          ExitCode.FAILED;
    };
  }

  private static String text(RpcStatus status) {
    return status.message().isEmpty() ? status.code().name() : status.message();
  }
}
