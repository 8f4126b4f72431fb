package dev.entente.broker.api;

import java.util.Optional;

/// One call or one item of a batch that did not succeed.
///
/// @param kind decides the status the caller sees
/// @param message for the caller: what was not done and why; no internals
/// @param agentReason what an agent must do about a denial, if the caller is one
public record Refusal(RefusalKind kind, String message, Optional<AgentReason> agentReason) {
  public static Refusal of(RefusalKind kind, String message) {
    return new Refusal(kind, message, Optional.empty());
  }

  public static Refusal invalid(String message) {
    return of(RefusalKind.INVALID, message);
  }

  public static Refusal notFound(String message) {
    return of(RefusalKind.NOT_FOUND, message);
  }

  public static Refusal denied(String message) {
    return of(RefusalKind.DENIED, message);
  }

  public static Refusal unavailable(String message) {
    return of(RefusalKind.UNAVAILABLE, message);
  }

  public static Refusal internal(String message) {
    return of(RefusalKind.INTERNAL, message);
  }

  public static Refusal unsupported(String message) {
    return of(RefusalKind.UNSUPPORTED, message);
  }

  /// This refusal as a failure of a future.
  public RefusedException failure() {
    return new RefusedException(this);
  }

  /// Ends the call with a refusal, if there is one.
  ///
  /// @throws RefusedException if there is
  public static void throwIfPresent(Optional<Refusal> refusal) {
    if (refusal.isPresent()) {
      throw refusal.get().failure();
    }
  }

  /// Why an agent's call was denied; agents react to each differently.
  public enum AgentReason {
    EXPIRED,
    NOT_ATTESTED,
    NOT_ACTIVE,
    BANNED,
    MUST_REATTEST
  }
}
