package dev.entente.spiffe;

/// The name of a trust domain: 1 to 255 of `a-z 0-9 . - _` (SPIFFE-ID §2.1, §2.3).
///
/// Nothing is folded or resolved: upper case is refused rather than lowered, and a name that looks
/// like an address or a DNS name is treated as any other (SPIFFE-ID §2.1).
public final class TrustDomain implements Comparable<TrustDomain> {
  /// Longest name in bytes, included (SPIFFE-ID §2.3).
  public static final int MAX_BYTES = 255;

  private final String name;
  private final SpiffeId id;

  private TrustDomain(String checkedName) {
    this.name = checkedName;
    this.id = SpiffeId.ofTrustDomain(this);
  }

  /// Reads a bare name such as `example.org`.
  ///
  /// @throws InvalidSpiffeIdException if it is not one
  public static TrustDomain parse(String name) {
    if (name.isEmpty()) {
      throw new InvalidSpiffeIdException("trust domain name is empty");
    }
    if (name.length() > MAX_BYTES) {
      throw new InvalidSpiffeIdException(
          "trust domain name has "
              + name.length()
              + " characters, at most "
              + MAX_BYTES
              + " are allowed: "
              + Quoted.of(name));
    }
    for (var i = 0; i < name.length(); i++) {
      if (!isNameCharacter(name.charAt(i))) {
        throw new InvalidSpiffeIdException(
            "trust domain name "
                + Quoted.of(name)
                + " has a character at "
                + i
                + " that is none of a-z 0-9 . - _");
      }
    }
    return new TrustDomain(name);
  }

  /// Reads what an administrator types: `example.org` or `spiffe://example.org`.
  ///
  /// @throws InvalidSpiffeIdException if it is neither, an id with a path among them
  public static TrustDomain parseNameOrId(String nameOrId) {
    if (!nameOrId.startsWith(SpiffeId.PREFIX)) {
      return parse(nameOrId);
    }
    var id = SpiffeId.parse(nameOrId);
    if (id.hasPath()) {
      throw new InvalidSpiffeIdException(
          "the SPIFFE ID of a trust domain has no path: " + Quoted.of(nameOrId));
    }
    return id.trustDomain();
  }

  /// The bare name, as in `example.org`.
  public String name() {
    return name;
  }

  /// The SPIFFE ID of the trust domain itself, without a path: `spiffe://example.org`.
  public SpiffeId id() {
    return id;
  }

  @Override
  public int compareTo(TrustDomain other) {
    return name.compareTo(other.name);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TrustDomain that && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  }
}
