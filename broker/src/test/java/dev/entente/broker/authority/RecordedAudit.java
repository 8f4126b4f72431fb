package dev.entente.broker.authority;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditTrail;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// Remembers events, and can be told that the disk is full.
final class RecordedAudit implements AuditTrail {
  final List<AuditEvent> intents = new CopyOnWriteArrayList<>();
  final List<AuditEvent> results = new CopyOnWriteArrayList<>();
  volatile Optional<RuntimeException> fault = Optional.empty();

  @Override
  public Future<Void> intent(AuditEvent event) {
    if (fault.isPresent()) {
      return Future.failedFuture(fault.get());
    }
    intents.add(event);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> result(AuditEvent event) {
    results.add(event);
    return Future.succeededFuture();
  }

  AuditEvent.AuthorityStep lastStep() {
    return (AuditEvent.AuthorityStep) intents.getLast();
  }
}
