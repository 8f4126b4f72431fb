package dev.entente.broker.authority;

/// What became of a step an operator asked for.
public sealed interface AuthorityOutcome {
  /// The step is taken and recorded.
  ///
  /// @param authority the authority it was taken with
  record Done(AuthorityView authority) implements AuthorityOutcome {}

  /// A rule said no.
  ///
  /// @param code which status the caller sees; SPIRE's choice for each rule
  /// @param detail what was not done and why
  record Refused(Code code, String detail) implements AuthorityOutcome {}

  /// SPIRE's statuses for refused steps.
  enum Code {
    /// InvalidArgument: the id is missing, wrong, or of an authority this step is not for.
    INVALID,
    /// Internal: the authority is not in the state the step starts from.
    INTERNAL,
    /// Unavailable: no authority is active yet.
    UNAVAILABLE,
    /// FailedPrecondition: the step is possible later, or in another way.
    PRECONDITION
  }
}
