package dev.entente.agent.svidcache;

import dev.entente.agent.node.IssuedJwt;
import java.util.List;

/// What a workload that asks for JWT-SVIDs is answered.
public sealed interface JwtAnswer {
  /// No broker has been heard yet.
  record NotSynced() implements JwtAnswer {}

  /// No entry matches, or none with the identity asked for.
  record NoIdentity() implements JwtAnswer {}

  /// A token for each identity, the default one first.
  record Tokens(List<Token> tokens) implements JwtAnswer {
    public Tokens {
      tokens = List.copyOf(tokens);
    }
  }

  /// One token.
  ///
  /// @param hint tells its identity from the others; empty, or unique among them
  record Token(IssuedJwt jwt, String hint) {}
}
