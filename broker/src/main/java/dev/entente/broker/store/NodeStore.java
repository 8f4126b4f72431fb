package dev.entente.broker.store;

import dev.entente.broker.store.NodeRecord.AgentSerial;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Keeps attested nodes and the serial numbers of their agent SVIDs.
public interface NodeStore {
  /// How long the same evidence with the same key is served again, so that a lost reply strands
  /// nobody.
  Duration REPEAT_WINDOW = Duration.ofMinutes(5);

  /// Records a node and consumes its one-time evidence, both or neither.
  ///
  /// The new serial becomes the only one that counts: the node's previous agent SVID dies. A row
  /// that exists keeps its attestation type.
  Future<Written<Attestation>> attest(NodeAttestation attestation);

  /// What [#attest] would do at the moment. Writes nothing, so that whoever has nothing to show
  /// costs a look and no more.
  Future<Foresight> foresee(NodeAttestation attestation);

  /// What is to be expected of an attestation.
  ///
  /// @param refusal what speaks against it; empty if the node would be recorded
  /// @param repeated whether it would be [Attestation.Repeated]
  record Foresight(Optional<Attestation> refusal, boolean repeated) {}

  /// Writes the serial of a renewal beside the one in use, which stays valid until the new one is
  /// first used.
  ///
  /// @param presented the serial the agent asked with
  Future<Written<Renewal>> renew(SpiffeId agentId, BigInteger presented, AgentSerial next);

  /// Makes a pending serial the one in use, at its first use. Not a change in the change log.
  Future<Written<Promotion>> promote(SpiffeId agentId, BigInteger pending);

  /// Takes away the serials and keeps the row, so that the node cannot attest again.
  Future<Written<Standing>> ban(SpiffeId agentId);

  /// Forgets a node, its one-time evidence and the alias entry its join token made.
  Future<Written<Standing>> delete(SpiffeId agentId);

  /// Notes what the agent told of itself. Not a change in the change log.
  ///
  /// @param agentVersion at most 255 bytes; an empty one leaves the known one
  Future<Written<Standing>> noteStatus(SpiffeId agentId, String agentVersion, Instant seen);

  Future<Optional<NodeRecord>> find(SpiffeId agentId);

  Future<Page<NodeRecord>> list(NodeFilter filter, PageRequest page);

  Future<Long> count(NodeFilter filter);

  /// What became of an attestation.
  sealed interface Attestation {
    record Recorded(NodeRecord node) implements Attestation {}

    /// The same evidence with the same key, within [NodeStore#REPEAT_WINDOW]; the row has the new
    /// serial.
    record Repeated(NodeRecord node) implements Attestation {}

    /// The evidence was used before.
    record EvidenceSpent() implements Attestation {}

    record EvidenceExpired(Instant expiredAt) implements Attestation {}

    /// Evidence that only we hand out, and did not.
    record EvidenceUnknown() implements Attestation {}

    /// The node was attested before, and its evidence counts only the first time.
    record AlreadyAttested() implements Attestation {}

    record Banned() implements Attestation {}
  }

  /// What became of a renewal.
  sealed interface Renewal {
    record Renewed(NodeRecord node) implements Renewal {}

    /// The serial asked with is neither the one in use nor pending.
    record NotActive(NodeRecord node) implements Renewal {}

    record Banned() implements Renewal {}

    record NotFound() implements Renewal {}
  }

  /// What became of a promotion.
  sealed interface Promotion {
    record Promoted(NodeRecord node) implements Promotion {}

    /// It was the one in use already: somebody else was first.
    record AlreadyCurrent(NodeRecord node) implements Promotion {}

    record NotActive(NodeRecord node) implements Promotion {}

    record Banned() implements Promotion {}

    record NotFound() implements Promotion {}
  }

  /// What became of a write that only needs the node to be there.
  sealed interface Standing {
    /// The write was made.
    ///
    /// @param node as it is after the write, or was before a deletion
    record Done(NodeRecord node) implements Standing {}

    record NotFound() implements Standing {}
  }
}
