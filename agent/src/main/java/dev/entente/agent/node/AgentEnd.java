package dev.entente.agent.node;

/// Why an agent cannot go on and its process has to end.
///
/// @param message what happened, for the operator
public record AgentEnd(Reason reason, String message) {
  /// The ways an agent ends other than by being told to.
  public enum Reason {
    /// An operator banned the node.
    BANNED("NODE_BANNED", "`entente agent evict` on the broker's side lifts the ban"),
    /// The broker does not accept this node, or no longer.
    REFUSED(
        "NODE_REFUSED",
        "give the attestor new evidence: a fresh join token, or a certificate that is valid"),
    /// The agent's SVID expired and could not be renewed.
    EXPIRED(
        "AGENT_SVID_EXPIRED",
        "make a broker reachable from here and start the agent again; a node with a join token"
            + " needs a new one"),
    /// No broker was reached within the time a start may take.
    UNREACHABLE(
        "BROKER_UNREACHABLE",
        "look at `brokers` in the configuration, at the network and at the broker; then start the"
            + " agent again"),
    /// No broker's certificate was trusted for too long; the next start bootstraps anew.
    REBOOTSTRAP("BROKER_UNTRUSTED", "start the agent again, it then bootstraps anew"),
    /// The state file or the evidence could not be used.
    BROKEN(
        "AGENT_STATE_UNUSABLE",
        "mend the file as the message says, or remove it, and the node is attested anew");

    private final String code;
    private final String cure;

    Reason(String code, String cure) {
      this.code = code;
      this.cure = cure;
    }

    /// Stable, to be looked up in the documentation.
    public String code() {
      return code;
    }

    /// What an operator can do about it, in one sentence.
    public String cure() {
      return cure;
    }
  }
}
