package dev.entente.broker.api;

import dev.entente.broker.audit.AuditUnavailableException;
import dev.entente.broker.authority.CryptoPoolFullException;
import dev.entente.broker.authority.KeyManagerException;
import dev.entente.broker.authority.SigningSuspendedException;
import dev.entente.broker.store.StoreException;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.UnaryHandler;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns whatever failed into the status a caller sees. What a caller may not see is logged here,
/// once.
public final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /// Wraps a handler so that every failure, thrown or returned, ends as a status.
  public static <Q, A> UnaryHandler<Q, A> answering(UnaryHandler<Q, A> handler) {
    return (call, request) -> guard(call, () -> handler.handle(call, request));
  }

  /// Runs `work`; every failure, thrown or returned, ends as an [RpcException].
  public static <A> Future<A> guard(CallContext call, Supplier<Future<A>> work) {
    Future<A> answer;
    try {
      answer = work.get();
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.recover(cause -> Future.failedFuture(toRpc(call.fullMethodName(), cause)));
  }

  /// Runs a reader of messages; what it finds wrong is the caller's mistake.
  public static <T> T read(Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw Refusal.invalid(String.valueOf(e.getMessage())).failure();
    }
  }

  /// What a failure means to whoever asked.
  public static Refusal toRefusal(String what, Throwable cause) {
    return switch (cause) {
      case RefusedException refused -> refused.refusal();
      case StoreException store -> storeFault(what, store);
      case AuditUnavailableException audit -> {
        LOG.atWarn().setCause(audit).addKeyValue("method", what).log("Audit log did not answer");
        yield Refusal.unavailable("the audit log cannot be written, nothing is issued or changed");
      }
      case KeyManagerException keys -> {
        LOG.atError().setCause(keys).addKeyValue("method", what).log("Key could not sign");
        yield Refusal.unavailable("the signing key cannot be used now");
      }
      case SigningSuspendedException suspended ->
          Refusal.unavailable(String.valueOf(suspended.getMessage()));
      case CryptoPoolFullException _ -> Refusal.unavailable("too many signatures are waiting");
      default -> {
        LOG.atError().setCause(cause).addKeyValue("method", what).log("Call failed unexpectedly");
        yield Refusal.internal("internal error");
      }
    };
  }

  /// The status of a failure.
  public static RpcException toRpc(String method, Throwable cause) {
    return cause instanceof RpcException rpc ? rpc : status(toRefusal(method, cause)).asException();
  }

  /// The status of a refusal.
  public static RpcStatus status(Refusal refusal) {
    var plain = RpcStatus.of(GrpcStatus.valueOf(Statuses.code(refusal.kind())), refusal.message());
    return Statuses.detail(refusal).map(plain::with).orElse(plain);
  }

  private static Refusal storeFault(String what, StoreException fault) {
    return switch (fault.kind()) {
      case OVERLOADED -> Refusal.unavailable("the store has too many writes waiting");
      case DISK_FULL -> logged(what, fault, "the store's disk is full");
      case READ_ONLY -> logged(what, fault, "the store cannot be written");
      case BUSY -> logged(what, fault, "the store is busy");
      case CLOSED -> Refusal.unavailable("the broker is stopping");
      case UNKNOWN -> logged(what, fault, "the outcome of the write is unknown: read, then retry");
      case IO -> logged(what, fault, "the store failed");
      case CORRUPT, INTERNAL -> {
        LOG.atError().setCause(fault).addKeyValue("method", what).log("Store is broken");
        yield Refusal.internal("internal error");
      }
    };
  }

  private static Refusal logged(String what, StoreException fault, String message) {
    LOG.atWarn().setCause(fault).addKeyValue("method", what).log("Store did not answer");
    return Refusal.unavailable(message);
  }
}
