package dev.entente.broker.authority;

/// The authorities cannot be used as they are, and going on could silently change whom peers trust.
public final class AuthorityStartException extends RuntimeException {
  /// Why. The name is what an operator sees and looks up.
  public enum Code {
    /// The journal has an active authority whose private key is not in the key manager.
    AUTHORITY_KEY_MISSING,
    /// One more generation would pass the number of JWT keys relying parties accept.
    TOO_MANY_JWT_KEYS,
    /// One more WIT key would pass the same number.
    TOO_MANY_WIT_KEYS,
    /// One more X.509 authority would pass the number that our bundle may have.
    TOO_MANY_X509_AUTHORITIES,
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
