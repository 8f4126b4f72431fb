package dev.entente.attestor.spi;

import java.nio.charset.StandardCharsets;

/// An attestation in which the broker speaks first: the node has nothing to show before it knows
/// the [Nonce] that its evidence is to carry.
public final class NonceFirst {
  /// Opens the conversation and says nothing. SPIRE's text.
  private static final String OPENING = "non_empty_payload";

  private NonceFirst() {}

  /// Has the platform make, on the node, the evidence that carries a nonce.
  @FunctionalInterface
  public interface Prover {
    byte[] prove(String nonce) throws AttestationFault, InterruptedException;
  }

  /// Judges, on the broker, what was shown as made for a nonce.
  @FunctionalInterface
  public interface Judge {
    AttestationStep judge(byte[] shown, String nonce) throws AttestationFault, InterruptedException;
  }

  /// The node's part.
  public static EvidenceSource.Session session(Prover prover) {
    return new EvidenceSource.Session() {
      @Override
      public byte[] payload() {
        return OPENING.getBytes(StandardCharsets.US_ASCII);
      }

      @Override
      public byte[] respond(byte[] challenge) throws AttestationFault, InterruptedException {
        return prover.prove(Nonce.challenged(challenge));
      }
    };
  }

  /// The broker's part: a fresh nonce for each attestation.
  ///
  /// @param name of the attestor in its refusals, such as `aws-web-identity`
  public static AttestationStep challenge(
      String name, NodeAttestor.Presentation presentation, Judge judge) {
    var opening = new String(presentation.payload(), StandardCharsets.ISO_8859_1);
    if (!opening.equals(OPENING)) {
      return new Refusal("malformed", "the payload is not " + OPENING).of(name);
    }
    var nonce = Nonce.fresh();
    return new AttestationStep.Challenged(
        nonce.getBytes(StandardCharsets.US_ASCII), shown -> judge.judge(shown, nonce));
  }
}
