package dev.entente.broker.authority;

/// The authorities cannot be used as they are, and going on could silently change whom peers trust.
public final class AuthorityStartException extends RuntimeException {
  /// Why. The name is what an operator sees and looks up.
  public enum Code {
    /// The journal has an active authority whose private key is not in the key manager.
    AUTHORITY_KEY_MISSING,
    /// One more generation would pass the number of JWT keys relying parties accept.
    TOO_MANY_JWT_KEYS,
    /// The upstream authority did not sign the first authority.
    UPSTREAM_AUTHORITY_UNFIT
  }

  private final Code code;
  private final String cure;

  AuthorityStartException(Code code, String message, String cure) {
    super(message);
    this.code = code;
    this.cure = cure;
  }

  /// The reason by name.
  public Code code() {
    return code;
  }

  /// What an operator can do about it, in one sentence.
  public String cure() {
    return cure;
  }
}
