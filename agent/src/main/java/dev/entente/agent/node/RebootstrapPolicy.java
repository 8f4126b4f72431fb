package dev.entente.agent.node;

import java.time.Duration;

/// What an agent does when no broker's certificate chains to a bundle it holds: the authority was
/// replaced while the agent was away, or someone is in between.
///
/// @param delay how long this must last before the agent forgets its bundle and its SVID
public record RebootstrapPolicy(Mode mode, Duration delay) {
  /// When trust may be established anew without an operator.
  public enum Mode {
    /// Never: an operator decides.
    NEVER,
    /// If the node may attest again.
    AUTO,
    /// Even if the node cannot attest again and thereby loses its identity.
    ALWAYS
  }

  /// Whether trust may ever be established anew.
  boolean possible() {
    return mode != Mode.NEVER;
  }

  /// Whether it may for a node that can attest again, or cannot.
  boolean allows(boolean reattestable) {
    return switch (mode) {
      case NEVER -> false;
      case AUTO -> reattestable;
      case ALWAYS -> true;
    };
  }
}
