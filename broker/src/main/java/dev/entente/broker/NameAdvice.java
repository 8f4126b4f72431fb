package dev.entente.broker;

import dev.entente.spiffe.TrustDomain;
import java.util.List;
import java.util.Optional;

/// Advice on the name of a trust domain. No registry keeps names apart, and two domains of one name
/// can never federate, so a name should end with a DNS name that its operator owns (SPIFFE-ID
/// §2.1.1). It is advice only: every valid name works.
final class NameAdvice {
  /// Ends that many use and nobody owns (RFC 2606, RFC 6762, RFC 8375 and what ICANN keeps aside).
  private static final List<String> OWNED_BY_NOBODY =
      List.of(".local", ".localdomain", ".lan", ".internal", ".home.arpa", ".invalid", ".test");

  private NameAdvice() {}

  /// What is unwise about `name`, or empty.
  static Optional<String> on(TrustDomain name) {
    if (!name.name().contains(".")) {
      return Optional.of("it does not end with a domain name that you own");
    }
    return OWNED_BY_NOBODY.stream()
        .filter(end -> name.name().endsWith(end))
        .findFirst()
        .map(end -> "nobody owns names that end with " + end);
  }
}
