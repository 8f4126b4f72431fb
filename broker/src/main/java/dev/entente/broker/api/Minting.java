package dev.entente.broker.api;

import dev.entente.broker.authority.SubjectName;
import dev.entente.broker.authority.SubjectName.Attribute;
import dev.entente.broker.authority.X509SvidRequest;
import dev.entente.broker.registration.DnsNames;
import dev.entente.broker.registration.EntryRules;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.time.Duration;
import java.util.Map;

/// Reads what a certificate request may wish for, where it may wish for anything: each part parsed,
/// checked and written anew. Pure.
final class Minting {
  private static final Map<String, Attribute> ATTRIBUTES =
      Map.of(
          "2.5.4.6", Attribute.COUNTRY,
          "2.5.4.10", Attribute.ORGANIZATION,
          "2.5.4.11", Attribute.ORGANIZATIONAL_UNIT,
          "2.5.4.7", Attribute.LOCALITY,
          "2.5.4.8", Attribute.PROVINCE,
          "2.5.4.9", Attribute.STREET,
          "2.5.4.17", Attribute.POSTAL_CODE,
          "2.5.4.3", Attribute.COMMON_NAME,
          "2.5.4.5", Attribute.SERIAL_NUMBER);

  private Minting() {}

  /// Exactly one URI, a workload id of our domain; DNS names; the subject's known attributes. Names
  /// of other kinds, such as IP addresses, are left out, as SPIRE does.
  static X509SvidRequest read(CertificateRequest csr, TrustDomain trustDomain, Duration ttl) {
    if (csr.uris().size() != 1) {
      throw new IllegalArgumentException(
          "csr: exactly one URI SAN is needed, found " + csr.uris().size());
    }
    var id = SpiffeId.parse(csr.uris().getFirst());
    if (!id.isMemberOf(trustDomain) || !id.hasPath()) {
      throw new IllegalArgumentException(
          "csr: \""
              + id
              + "\" is not the id of a workload of trust domain \""
              + trustDomain
              + "\"");
    }
    if (EntryRules.isReserved(id)) {
      throw new IllegalArgumentException(
          "csr: \"" + id + "\" lies under /spire, which is reserved");
    }
    DnsNames.overlap(csr.dnsNames())
        .ifPresent(why -> {
          throw new IllegalArgumentException("csr: " + why);
        });
    return new X509SvidRequest.Minted(id, csr.publicKey(), ttl, subject(csr), csr.dnsNames());
  }

  /// The URI must be the trust domain's; only the key is taken.
  static X509SvidRequest readDownstream(
      CertificateRequest csr, TrustDomain trustDomain, Duration ttl) {
    if (csr.uris().size() != 1 || !csr.uris().getFirst().equals(trustDomain.id().toString())) {
      throw new IllegalArgumentException(
          "csr: exactly one URI SAN is needed, \"" + trustDomain.id() + "\"");
    }
    return new X509SvidRequest.DownstreamCa(csr.publicKey(), ttl);
  }

  /// Attributes we do not know are left out, as SPIRE does.
  private static SubjectName subject(CertificateRequest csr) {
    var subject = SubjectName.EMPTY;
    for (var attribute : csr.subject()) {
      var known = ATTRIBUTES.get(attribute.oid());
      if (known != null) {
        subject = subject.with(known, attribute.value());
      }
    }
    return subject;
  }
}
