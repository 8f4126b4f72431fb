package dev.entente.agent.node;

/// Why an agent cannot go on and its process has to end.
///
/// @param message what happened and what helps, for the operator
public record AgentEnd(Reason reason, String message) {
  /// The ways an agent ends other than by being told to.
  public enum Reason {
    /// An operator banned the node.
    BANNED,
    /// The broker does not accept this node, or no longer.
    REFUSED,
    /// The agent's SVID expired and could not be renewed.
    EXPIRED,
    /// No broker was reached within the time a start may take.
    UNREACHABLE,
    /// No broker's certificate was trusted for too long; the next start bootstraps anew.
    REBOOTSTRAP,
    /// The state file or the evidence could not be used.
    BROKEN
  }
}
