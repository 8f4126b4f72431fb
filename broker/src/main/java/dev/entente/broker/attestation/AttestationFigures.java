package dev.entente.broker.attestation;

import dev.entente.broker.attestation.AttestationOutcome.Attested;
import dev.entente.broker.attestation.AttestationOutcome.Refused;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AsyncResult;
import java.util.Locale;
import java.util.Set;

/// Counts attestations by attestor and outcome.
final class AttestationFigures {
  /// A peer may name any type; only ours become a label.
  private static final String OTHER = "other";

  private final Set<String> types;
  private final MeterRegistry meters;

  AttestationFigures(Set<String> types, MeterRegistry meters) {
    this.types = Set.copyOf(types);
    this.meters = meters;
  }

  void count(String type, AsyncResult<AttestationOutcome> outcome) {
    Counter.builder("entente.broker.attestations")
        .description("Attestations of nodes that were decided")
        .tag("attestor", types.contains(type) ? type : OTHER)
        .tag("outcome", outcome.succeeded() ? word(outcome.result()) : "fault")
        .register(meters)
        .increment();
  }

  private static String word(AttestationOutcome outcome) {
    return switch (outcome) {
      case Attested _ -> "attested";
      case Refused(var reason, _, _, _) -> reason.name().toLowerCase(Locale.ROOT);
    };
  }
}
