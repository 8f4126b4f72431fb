package dev.entente.broker.audit;

import io.vertx.core.Future;

/// Where events are recorded.
public interface AuditTrail {
  /// Records what is about to happen. Once the future succeeds, the line survives a power cut;
  /// until then nothing it speaks of may happen. Fails with [AuditUnavailableException] if it
  /// cannot be recorded: the caller answers Unavailable.
  Future<Void> intent(AuditEvent event);

  /// Records what happened. A caller may go on without waiting; the future completes on the trail's
  /// own thread, or at once.
  Future<Void> result(AuditEvent event);
}
