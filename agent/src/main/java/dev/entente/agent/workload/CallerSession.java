package dev.entente.agent.workload;

import dev.entente.agent.workload.AttestationOutcome.Attested;
import io.vertx.core.Future;
import java.util.Optional;

/// The attestation of one connection.
///
/// Calls that arrive while an attestation runs share its answer. State is owned by the connection's
/// event loop: call there only.
public final class CallerSession {
  private final WorkloadAttestation attestation;
  private final Caller caller;

  private Optional<Future<AttestationOutcome>> attesting = Optional.empty();
  private Optional<Future<AttestationOutcome>> checking = Optional.empty();
  private Optional<Attested> last = Optional.empty();

  /// A session of `caller`, not attested yet.
  public CallerSession(WorkloadAttestation attestation, Caller caller) {
    this.attestation = attestation;
    this.caller = caller;
  }

  /// Attests the caller, as for each new call. The future never fails.
  public Future<AttestationOutcome> attest() {
    if (attesting.isPresent()) {
      return attesting.get();
    }
    var answer = attestation.attest(caller).map(this::remember);
    attesting = Optional.of(answer).filter(future -> !future.isComplete());
    return answer.onComplete(_ -> attesting = Optional.empty());
  }

  /// Makes sure, before something new is pushed, that the caller is still the program that was
  /// attested; attests again if it has become another. The future never fails.
  public Future<AttestationOutcome> confirm() {
    if (checking.isPresent()) {
      return checking.get();
    }
    var answer = confirmNow();
    checking = Optional.of(answer).filter(future -> !future.isComplete());
    return answer.onComplete(_ -> checking = Optional.empty());
  }

  private Future<AttestationOutcome> confirmNow() {
    return attestation
        .look(caller)
        .compose(mark -> {
          Optional<AttestationOutcome> same =
              last.filter(known -> known.mark().equals(mark)).map(known -> known);
          return same.map(Future::succeededFuture).orElseGet(this::attest);
        })
        .recover(cause -> Future.succeededFuture(WorkloadAttestation.unattested(cause)));
  }

  private AttestationOutcome remember(AttestationOutcome outcome) {
    last = outcome instanceof Attested attested ? Optional.of(attested) : Optional.empty();
    return outcome;
  }
}
