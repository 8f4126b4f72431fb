package dev.entente.spiffe;

/// A SPIFFE ID such as `spiffe://example.org/ns/prod/sa/api`, valid because it exists (SPIFFE-ID
/// §2).
///
/// The scheme is written in lower case, the path is compared case-sensitively, and nothing is
/// normalised: what would need normalising is refused (SPIFFE-ID §2.1–§2.4). An ID over 2048 bytes
/// is refused too, which the standard leaves open for readers.
public final class SpiffeId implements Comparable<SpiffeId> {
  /// Longest ID in bytes, scheme included (SPIFFE-ID §2.3).
  public static final int MAX_BYTES = 2048;

  static final String PREFIX = "spiffe://";

  private final TrustDomain trustDomain;
  private final String uri;

  private SpiffeId(TrustDomain trustDomain, String checkedUri) {
    this.trustDomain = trustDomain;
    this.uri = checkedUri;
  }

  /// Reads an ID.
  ///
  /// @throws InvalidSpiffeIdException if the text breaks any rule of SPIFFE-ID §2
  public static SpiffeId parse(String text) {
    requireLength(text);
    if (!text.startsWith(PREFIX)) {
      throw invalid(text, "the scheme is not \"spiffe\"");
    }
    var slash = text.indexOf('/', PREFIX.length());
    var end = slash < 0 ? text.length() : slash;
    var trustDomain = TrustDomain.parse(text.substring(PREFIX.length(), end));
    checkPath(text, end);
    return new SpiffeId(trustDomain, text);
  }

  /// Joins a trust domain and a path, which is empty or starts with a slash.
  ///
  /// @throws InvalidSpiffeIdException if the path breaks a rule or the whole is too long
  public static SpiffeId of(TrustDomain trustDomain, String path) {
    if (path.isEmpty()) {
      return trustDomain.id();
    }
    var text = PREFIX + trustDomain.name() + path;
    requireLength(text);
    if (path.charAt(0) != '/') {
      throw invalid(text, "the path does not start with a slash");
    }
    checkPath(text, PREFIX.length() + trustDomain.name().length());
    return new SpiffeId(trustDomain, text);
  }

  static SpiffeId ofTrustDomain(TrustDomain trustDomain) {
    return new SpiffeId(trustDomain, PREFIX + trustDomain.name());
  }

  /// The trust domain the ID resides in.
  public TrustDomain trustDomain() {
    return trustDomain;
  }

  /// The path with its leading slash, or an empty text.
  public String path() {
    return uri.substring(pathStart());
  }

  /// Whether the ID names something inside its trust domain rather than the domain itself.
  public boolean hasPath() {
    return uri.length() > pathStart();
  }

  /// Whether the ID resides in `domain`; the ID of the domain itself does.
  public boolean isMemberOf(TrustDomain domain) {
    return trustDomain.equals(domain);
  }

  @Override
  public int compareTo(SpiffeId other) {
    return uri.compareTo(other.uri);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SpiffeId that && uri.equals(that.uri);
  }

  @Override
  public int hashCode() {
    return uri.hashCode();
  }

  @Override
  public String toString() {
    return uri;
  }

  private int pathStart() {
    return PREFIX.length() + trustDomain.name().length();
  }

  private static void requireLength(String text) {
    if (text.length() > MAX_BYTES) {
      throw invalid(text, "it has " + text.length() + " characters, at most 2048 are allowed");
    }
  }

  /// Checks everything from `start` on, where either the text ends or a slash stands.
  private static void checkPath(String text, int start) {
    var segmentStart = start + 1;
    for (var i = start + 1; i <= text.length(); i++) {
      if (i < text.length() && text.charAt(i) != '/') {
        requireSegmentCharacter(text, i);
      } else {
        checkSegment(text, segmentStart, i);
        segmentStart = i + 1;
      }
    }
  }

  private static void checkSegment(String text, int start, int end) {
    var length = end - start;
    if (length == 0) {
      throw invalid(
          text,
          end == text.length() ? "the path ends in a slash" : "the path has an empty segment");
    }
    var onlyDots = text.charAt(start) == '.' && text.charAt(end - 1) == '.';
    if (onlyDots && length <= 2) {
      throw invalid(text, "the path has a dot segment");
    }
  }

  private static void requireSegmentCharacter(String text, int at) {
    var c = text.charAt(at);
    var ok =
        (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9')
            || c == '.'
            || c == '-'
            || c == '_';
    if (!ok) {
      throw invalid(text, "the character at " + at + " is none of a-z A-Z 0-9 . - _");
    }
  }

  private static InvalidSpiffeIdException invalid(String text, String why) {
    return new InvalidSpiffeIdException("not a SPIFFE ID: " + Quoted.of(text) + ": " + why);
  }
}
