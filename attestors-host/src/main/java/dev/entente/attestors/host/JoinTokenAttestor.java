package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.InvalidSpiffeIdException;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a join token: a secret the broker handed out, good for one node.
///
/// This class decides only what the token would prove. Whether the broker issued it, and whether it
/// was used before, is decided where the node is recorded, in one transaction (see [OneTimeUse]).
public final class JoinTokenAttestor implements NodeAttestor {
  static final String TYPE = "join_token";

  /// SPIRE's own tokens are UUIDs; a chosen one has to fit a path segment of the agent's id.
  private static final int TOKEN_MAX_BYTES = 255;

  private final TrustDomain trustDomain;

  JoinTokenAttestor(TrustDomain trustDomain) {
    this.trustDomain = trustDomain;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    byte[] token = presentation.payload();
    if (token.length > TOKEN_MAX_BYTES) {
      return new AttestationStep.Refused(
          "join-token/too-long", token.length + " bytes, at most " + TOKEN_MAX_BYTES);
    }
    SpiffeId agentId;
    try {
      agentId = agentId(trustDomain, new String(token, StandardCharsets.ISO_8859_1));
    } catch (InvalidSpiffeIdException _) {
      return new AttestationStep.Refused(
          "join-token/malformed", "the token is not a path segment of a SPIFFE ID");
    }
    var digest = Digests.sha256Hex(token);
    return new AttestationStep.Attested(
        new AttestedNode(
            agentId,
            List.of(),
            false,
            Optional.of(new OneTimeUse(TYPE, digest, true)),
            Map.of("token-sha256", digest)));
  }

  private static SpiffeId agentId(TrustDomain trustDomain, String token) {
    if (token.indexOf('/') >= 0) {
      throw new InvalidSpiffeIdException("a join token is one path segment");
    }
    return SpiffeId.of(trustDomain, "/spire/agent/" + TYPE + "/" + token);
  }

  /// Offers [JoinTokenAttestor]; it has no settings.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new JoinTokenAttestor(trustDomain);
    }
  }
}
