package dev.entente.broker.attestation;

import dev.entente.broker.attestation.AttestationOutcome.Reason;
import dev.entente.broker.attestation.AttestationOutcome.Refused;
import dev.entente.runtime.AddressBlock;
import dev.entente.spiffe.Digests;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// Why nodes were refused of late, for the operator and nobody else.
///
/// In memory only: whoever can reach the broker can be refused, and what he fills must not be a
/// disk. The oldest goes when there is no room, and an address that is refused very often takes
/// only its own share of it. Any thread may call.
public final class RecentRefusals {
  /// At most some 500 KiB; enough for a day of mistakes, or for a minute of an attack.
  static final int KEPT_MAX = 500;

  /// So that others' are still there when one node (IPv6: one /64) tries again and again.
  static final int KEPT_PER_ADDRESS_MAX = 50;

  /// A detail may quote what a node sent.
  static final int TEXT_MAX_CHARS = 300;

  private final InstantSource clock;

  /// Oldest first; under the object's lock, as the count.
  private final Deque<Kept> kept = new ArrayDeque<>();

  private long count;

  public RecentRefusals(InstantSource clock) {
    this.clock = clock;
  }

  /// One attestation that came to nothing.
  ///
  /// @param type of the evidence, as the node named it
  /// @param code name of the check that failed
  /// @param evidenceDigest SHA-256 of the payload, hex
  /// @param fault whether nothing was decided, because something failed
  public record Refusal(
      Instant at,
      String type,
      String address,
      String code,
      String detail,
      String evidenceDigest,
      boolean fault) {}

  /// What is kept, newest first, and how many there were since the start.
  public record Recent(List<Refusal> refusals, long count) {
    public Recent {
      refusals = List.copyOf(refusals);
    }
  }

  private record Kept(String block, Refusal refusal) {}

  void note(AttestationRequest request, Refused refused) {
    var refusal =
        new Refusal(
            clock.instant(),
            bounded(request.type()),
            request.remoteAddress(),
            refused.code(),
            bounded(refused.detail()),
            Digests.sha256Hex(request.payload()),
            refused.reason() == Reason.UNAVAILABLE);
    var block = AddressBlock.of(refusal.address());
    synchronized (this) {
      count++;
      makeRoom(block);
      kept.addLast(new Kept(block, refusal));
    }
  }

  /// The caller holds the lock.
  private void makeRoom(String block) {
    var ofBlock = kept.stream().filter(it -> it.block().equals(block)).toList();
    if (ofBlock.size() >= KEPT_PER_ADDRESS_MAX) {
      kept.removeFirstOccurrence(ofBlock.getFirst());
    } else if (kept.size() >= KEPT_MAX) {
      kept.removeFirst();
    }
  }

  private static String bounded(String text) {
    return text.length() <= TEXT_MAX_CHARS ? text : text.substring(0, TEXT_MAX_CHARS) + "…";
  }

  /// What is kept now.
  public synchronized Recent recent() {
    return new Recent(kept.stream().map(Kept::refusal).toList().reversed(), count);
  }
}
