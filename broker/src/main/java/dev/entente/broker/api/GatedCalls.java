package dev.entente.broker.api;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.CallInterceptor;
import dev.entente.rpc.RpcStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Stands before every call: lets it pass the [Gate], records who was denied, and measures.
final class GatedCalls implements CallInterceptor {
  private final Gate gate;
  private final Consumer<AuditEvent.DeniedCall> denials;
  private final MeterRegistry meters;

  /// By method and status; both are bounded: only bound methods come here.
  private final Map<Outcome, Timer> timers = new ConcurrentHashMap<>();

  GatedCalls(Gate gate, Consumer<AuditEvent.DeniedCall> denials, MeterRegistry meters) {
    this.gate = gate;
    this.denials = denials;
    this.meters = meters;
  }

  private record Outcome(String method, String status) {}

  @Override
  public Future<Void> before(CallContext call) {
    return Failures.guard(call, () -> gate.admit(call).onFailure(cause -> noteDenial(call, cause)));
  }

  private void noteDenial(CallContext call, Throwable cause) {
    if (cause instanceof RefusedException refused
        && refused.refusal().kind() == RefusalKind.DENIED) {
      denials.accept(
          new AuditEvent.DeniedCall(
              Audit.origin(gate.caller(call)), call.fullMethodName(), refused.refusal().message()));
    }
  }

  @Override
  public void after(CallContext call, RpcStatus status, Duration took) {
    timers
        .computeIfAbsent(new Outcome(call.fullMethodName(), status.code().name()), this::timer)
        .record(took);
  }

  private Timer timer(Outcome outcome) {
    return Timer.builder("entente.broker.calls")
        .description("Calls of the broker's gRPC services, in seconds from start to end")
        .tag("method", outcome.method())
        .tag("status", outcome.status())
        .register(meters);
  }
}
