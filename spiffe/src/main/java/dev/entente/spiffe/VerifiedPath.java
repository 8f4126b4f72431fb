package dev.entente.spiffe;

import dev.entente.spiffe.X509Verdict.Reason;
import java.util.List;

/// A path whose signatures, times and issuers hold; its names are judged last.
///
/// @param certificates the leaf first
/// @param anchor the authority that signed the last of them
record VerifiedPath(List<CertificateFields> certificates, CertificateFields anchor) {
  /// Refuses a name outside what any issuer above it, the anchor among them, may name (RFC 5280
  /// §4.2.1.10, X509-SVID §4.2). Stricter than RFC 5280 §6.1.4 in one point: a self-issued
  /// intermediate is not exempt.
  void requireNamesAllowed() {
    for (var i = 1; i <= certificates.size(); i++) {
      var issuer = i == certificates.size() ? anchor : certificates.get(i);
      var constraints = NameConstraints.of(issuer);
      if (constraints.isPresent()) {
        certificates.subList(0, i).forEach(it -> requireAllowed(constraints.get(), it));
      }
    }
  }

  private static void requireAllowed(NameConstraints constraints, CertificateFields certificate) {
    var refusal = constraints.refusalOf(certificate);
    if (refusal.isPresent()) {
      throw new RefusedException(Reason.NAME_CONSTRAINTS, refusal.get());
    }
  }
}
