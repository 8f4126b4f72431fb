package dev.entente.agent.workload;

import dev.entente.agent.workload.AttestationOutcome.Attested;
import dev.entente.agent.workload.AttestationOutcome.Cause;
import dev.entente.agent.workload.AttestationOutcome.Unattested;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// How many attestations ended which way; each figure only grows. Any thread may call.
public final class AttestationCounts {
  private final LongAdder attested = new LongAdder();
  private final Map<Cause, LongAdder> unattested = new EnumMap<>(Cause.class);

  AttestationCounts() {
    for (var cause : Cause.values()) {
      unattested.put(cause, new LongAdder());
    }
  }

  void add(AttestationOutcome outcome) {
    switch (outcome) {
      case Attested _ -> attested.increment();
      case Unattested(var cause, _) -> adder(cause).increment();
    }
  }

  /// Callers whose selectors were found.
  public long attested() {
    return attested.sum();
  }

  /// Callers of whom nothing could be said, for that cause.
  public long unattested(Cause cause) {
    return adder(cause).sum();
  }

  private LongAdder adder(Cause cause) {
    var adder = unattested.get(cause);
    if (adder == null) {
      throw new IllegalStateException("no counter for " + cause);
    }
    return adder;
  }
}
