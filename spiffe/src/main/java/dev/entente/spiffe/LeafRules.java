package dev.entente.spiffe;

import dev.entente.spiffe.Extensions.KeyUsage;
import dev.entente.spiffe.X509Verdict.Reason;

/// What a certificate must be to identify anybody (X509-SVID §5.2), whoever signed it.
final class LeafRules {
  private LeafRules() {}

  /// The SPIFFE ID of a leaf that keeps all rules.
  ///
  /// @throws RefusedException naming the rule that was broken
  static SpiffeId spiffeId(CertificateFields leaf) {
    if (Extensions.basicConstraints(leaf).ca()) {
      throw new RefusedException(Reason.NOT_A_LEAF, "the first certificate is a CA's");
    }
    if (leaf.extension(Extensions.NAME_CONSTRAINTS).isPresent()) {
      throw new RefusedException(
          Reason.NOT_A_LEAF, "the first certificate has name constraints, which are for CAs");
    }
    var usage = Extensions.keyUsage(leaf);
    if (usage.isPresent()) {
      requireClear(usage.get(), KeyUsage.KEY_CERT_SIGN, "keyCertSign");
      requireClear(usage.get(), KeyUsage.CRL_SIGN, "cRLSign");
    }
    return pathedId(Extensions.altNames(leaf));
  }

  private static void requireClear(KeyUsage usage, int bit, String name) {
    if (usage.has(bit)) {
      throw new RefusedException(
          Reason.NOT_A_LEAF, "the first certificate has " + name + " in its key usage");
    }
  }

  private static SpiffeId pathedId(Extensions.AltNames names) {
    if (names.uris().size() != 1) {
      throw new RefusedException(
          Reason.NO_SPIFFE_ID, "the leaf has " + names.uris().size() + " URI names, not 1");
    }
    var id = parse(names.uris().getFirst());
    if (!id.hasPath()) {
      throw new RefusedException(
          Reason.NO_SPIFFE_ID, "the leaf's SPIFFE ID " + id + " has no path");
    }
    return id;
  }

  private static SpiffeId parse(String uri) {
    try {
      return SpiffeId.parse(uri);
    } catch (InvalidSpiffeIdException e) {
      throw new RefusedException(Reason.NO_SPIFFE_ID, String.valueOf(e.getMessage()), e);
    }
  }
}
