package dev.entente.broker.attestation;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.broker.CallerContext;
import dev.entente.broker.attestation.AttestationRequest.Conversation;
import dev.entente.runtime.AddressBlock;
import dev.entente.runtime.Precedence;
import dev.entente.spiffe.CertificateRequest;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// Runs attestors off the event loop: each attestation on a virtual thread of its own, because an
/// attestor may ask a cloud, within one time limit for everything. What it computes yields to
/// whoever answers, as all virtual threads of a broker do ([Precedence]).
///
/// The signature of the certificate request is verified there as well, because a stranger chooses
/// what it costs: with a place taken, and not on the threads that sign for others.
final class EvidenceJudge {
  /// A cloud's API may take seconds, a TPM as well; SPIRE gives its own calls 20 s.
  static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  /// No platform needs more than two; an attestor that asks for ever is a bug.
  private static final int CHALLENGES_MAX = 8;

  /// Attestations in hand at once: a fleet of 500 nodes that starts together finds room. More are
  /// told to come back: each holds a connection and up to 64 KiB, and what it waits for is not made
  /// faster by a longer queue.
  private static final int AT_ONCE_MAX = 512;

  /// Of these, one address (IPv6: one /64) may have so many: seven others still find room.
  private static final int AT_ONCE_PER_ADDRESS_MAX = 64;

  private final Precedence precedence;
  private final Function<byte[], CertificateRequest> requests;
  private final Semaphore slots = new Semaphore(AT_ONCE_MAX);

  /// Attestations in hand by address; an address without any has no entry.
  private final Map<String, Integer> byAddress = new ConcurrentHashMap<>();

  EvidenceJudge(Precedence precedence) {
    this(precedence, CertificateRequest::parse);
  }

  /// @param requests reads and verifies a request, or throws IllegalArgumentException
  EvidenceJudge(Precedence precedence, Function<byte[], CertificateRequest> requests) {
    this.precedence = precedence;
    this.requests = requests;
  }

  /// What came of an attestation.
  sealed interface Judgement {}

  /// The certificate request is none, or its sender does not hold the key; the evidence was not
  /// looked at.
  record Unread(String why) implements Judgement {}

  /// @param step attested or refused evidence
  record Judged(CertificateRequest csr, AttestationStep step) implements Judgement {}

  /// Reads the certificate request, verifies that its sender holds the key, and judges the
  /// evidence, asking the node as often as the attestor wants. Fails with an [AttestationFault] if
  /// that cannot be decided, or if there is no place; then nothing was computed.
  Future<Judgement> judge(
      NodeAttestor attestor, byte[] csr, Presentation presentation, Conversation conversation) {
    var address = AddressBlock.of(presentation.remoteAddress());
    var full = take(address);
    if (full.isPresent()) {
      return Future.failedFuture(full.get());
    }
    var caller = CallerContext.<Judgement>capture();
    var thread =
        Thread.ofVirtual()
            .name("attestation")
            .unstarted(() -> {
              precedence.computesInBulk();
              try {
                run(attestor, csr, presentation, conversation, caller);
              } finally {
                release(address);
              }
            });
    thread.start();
    return caller
        .future()
        .timeout(TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(_ -> thread.interrupt())
        .recover(cause ->
            cause instanceof TimeoutException
                ? Future.failedFuture(
                    new AttestationFault("evidence not judged within " + TIME_LIMIT))
                : Future.failedFuture(cause));
  }

  private Optional<AttestationFault> take(String address) {
    if (!slots.tryAcquire()) {
      return Optional.of(
          new AttestationFault("too many attestations at once, the limit is " + AT_ONCE_MAX));
    }
    if (byAddress.merge(address, 1, Integer::sum) > AT_ONCE_PER_ADDRESS_MAX) {
      release(address);
      return Optional.of(
          new AttestationFault(
              "too many attestations of one address at once, the limit is "
                  + AT_ONCE_PER_ADDRESS_MAX));
    }
    return Optional.empty();
  }

  private void release(String address) {
    byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    slots.release();
  }

  private void run(
      NodeAttestor attestor,
      byte[] csr,
      Presentation presentation,
      Conversation conversation,
      CallerContext<Judgement> caller) {
    CertificateRequest request;
    try {
      request = requests.apply(csr);
    } catch (IllegalArgumentException e) {
      caller.succeed(new Unread(String.valueOf(e.getMessage())));
      return;
    } catch (RuntimeException e) {
      caller.fail(e);
      return;
    }
    try {
      caller.succeed(new Judged(request, converse(attestor.begin(presentation), conversation)));
    } catch (InterruptedException e) {
      caller.fail(new AttestationFault("attestation was interrupted", e));
    } catch (AttestationFault | RuntimeException e) {
      caller.fail(e);
    }
  }

  private static AttestationStep converse(AttestationStep first, Conversation conversation)
      throws AttestationFault, InterruptedException {
    var step = first;
    for (int round = 0; step instanceof Challenged(var challenge, var next); round++) {
      if (round == CHALLENGES_MAX) {
        throw new AttestationFault("attestor asked more than " + CHALLENGES_MAX + " times");
      }
      step = next.answer(ask(conversation, challenge));
    }
    return step;
  }

  private static byte[] ask(Conversation conversation, byte[] challenge)
      throws AttestationFault, InterruptedException {
    try {
      return conversation
          .challenge(challenge)
          .toCompletionStage()
          .toCompletableFuture()
          .get(TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AttestationFault("node did not answer the challenge", e);
    }
  }
}
