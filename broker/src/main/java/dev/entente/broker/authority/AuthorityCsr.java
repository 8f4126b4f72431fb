package dev.entente.broker.authority;

/// The certificate request for an authority's key (RFC 2986), as SPIRE's servers send it: the
/// subject, and the trust domain's own id as the only name.
final class AuthorityCsr {
  private static final byte[] EXTENSION_REQUEST = DerValues.oid(1, 2, 840, 113549, 1, 9, 14);
  private static final byte[] VERSION_1 = {DerWriter.INTEGER, 1, 0};
  private static final int ATTRIBUTES = 0xa0;
  private static final int USUAL_BYTES = 512;

  private AuthorityCsr() {}

  /// The request in DER, signed with the key that is to be certified.
  static byte[] der(UpstreamAuthority.Request request) {
    var scheme = SignatureScheme.forCertificates(request.key().algorithm());
    var info = info(request);
    return new DerWriter(USUAL_BYTES)
        .bits(request.key().sign(scheme, info))
        .raw(DerValues.algorithm(scheme))
        .raw(info)
        .header(DerWriter.SEQUENCE, 0)
        .toBytes();
  }

  private static byte[] info(UpstreamAuthority.Request request) {
    var writer =
        new DerWriter(USUAL_BYTES)
            .text(CertificateTemplate.SAN_URI, request.trustDomain().id().toString())
            .header(DerWriter.SEQUENCE, 0);
    return DerValues.closeExtension(writer, DerValues.SUBJECT_ALT_NAME, false, 0)
        .header(DerWriter.SEQUENCE, 0)
        .header(DerWriter.SET, 0)
        .raw(EXTENSION_REQUEST)
        .header(DerWriter.SEQUENCE, 0)
        .header(ATTRIBUTES, 0)
        .raw(request.key().publicKey().getEncoded())
        .raw(request.subject().toDer())
        .raw(VERSION_1)
        .header(DerWriter.SEQUENCE, 0)
        .toBytes();
  }
}
