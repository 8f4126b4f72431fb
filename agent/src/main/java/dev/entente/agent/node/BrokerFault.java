package dev.entente.agent.node;

import org.jspecify.annotations.Nullable;

/// A broker could not be asked, or did not do what it was asked.
public final class BrokerFault extends Exception {
  /// What happened, coarsely, as the rest of the agent decides by it.
  public enum Kind {
    /// No broker answered, or it is not able to at the moment.
    UNAVAILABLE,
    /// The answer did not come within its time.
    TIMED_OUT,
    /// The broker does not know the method: it is an older one, or another product.
    UNIMPLEMENTED,
    /// The thing asked for does not exist, or is not this agent's.
    NOT_FOUND,
    /// The broker refused this agent; [BrokerFault#denial()] says more.
    DENIED,
    /// The request breaks a rule; the same request will be refused again.
    INVALID,
    /// The request or its answer is too large, or there are too many.
    EXHAUSTED,
    /// The broker's certificate does not chain to any authority this agent trusts.
    UNTRUSTED,
    /// Anything else, the broker's own bugs and unreadable answers included.
    INTERNAL
  }

  /// What a broker says beside a denial about this agent's standing (SPIRE's
  /// `PermissionDeniedDetails`).
  public enum Denial {
    /// Nothing was said.
    NONE,
    /// The agent's SVID has expired.
    EXPIRED,
    /// The broker has no record of the agent.
    NOT_ATTESTED,
    /// The SVID is not the agent's current one.
    NOT_ACTIVE,
    /// An operator has banned the agent.
    BANNED,
    /// The agent may not renew and has to attest anew.
    MUST_REATTEST
  }

  private final Kind kind;
  private final Denial denial;

  /// A fault of any kind, without a word about the agent's standing.
  public BrokerFault(Kind kind, String message) {
    this(kind, Denial.NONE, message, null);
  }

  /// A fault with what brought it about.
  public BrokerFault(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, Denial.NONE, message, cause);
  }

  /// A denial.
  public static BrokerFault denied(Denial denial, String message) {
    return new BrokerFault(Kind.DENIED, denial, message, null);
  }

  private BrokerFault(Kind kind, Denial denial, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.denial = denial;
  }

  /// What happened.
  public Kind kind() {
    return kind;
  }

  /// What the broker says about this agent's standing.
  public Denial denial() {
    return denial;
  }

  /// The fault in `cause`, or a new internal one around it.
  static BrokerFault of(Throwable cause) {
    return cause instanceof BrokerFault fault
        ? fault
        : new BrokerFault(Kind.INTERNAL, String.valueOf(cause.getMessage()), cause);
  }
}
