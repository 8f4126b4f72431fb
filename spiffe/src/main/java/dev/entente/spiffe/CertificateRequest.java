package dev.entente.spiffe;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A PKCS#10 request whose sender has proved to hold the key (RFC 2986).
///
/// What else a request wishes for is only what its sender wrote: an issuer takes what it has
/// decided to take, checks it, and writes it anew. Extensions other than alternative names are not
/// kept.
public final class CertificateRequest {
  /// Longest request, included. An RSA-4096 request with a long SPIFFE ID has under 4 KiB.
  public static final int MAX_BYTES = 16 * 1024;

  private static final String EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

  private final byte[] publicKeyInfo;
  private final PublicKey publicKey;
  private final List<SubjectAttribute> subject;
  private final Extensions.AltNames names;

  private CertificateRequest(
      byte[] publicKeyInfo,
      PublicKey publicKey,
      List<SubjectAttribute> subject,
      Extensions.AltNames names) {
    this.publicKeyInfo = publicKeyInfo;
    this.publicKey = publicKey;
    this.subject = subject;
    this.names = names;
  }

  /// Reads a request and verifies that its sender holds the private key.
  ///
  /// @throws IllegalArgumentException if it is too long, no strict DER, its key is not one that
  ///   [KeyAlgorithm#isAcceptable], or its signature is not that key's
  public static CertificateRequest parse(byte[] der) {
    if (der.length > MAX_BYTES) {
      throw new MalformedException(
          "certificate request of " + der.length + " bytes, at most " + MAX_BYTES + " are allowed");
    }
    var outer = Der.of(der);
    var request = outer.enter(Der.SEQUENCE);
    outer.finish();
    var info = request.whole();
    var algorithm = SignatureAlgorithm.read(request.whole());
    var signature = request.bitString();
    request.finish();
    var parsed = readInfo(info);
    requireProof(algorithm, parsed.publicKey, info, signature);
    return parsed;
  }

  /// The key to certify, read from [#publicKeyInfo].
  public PublicKey publicKey() {
    return publicKey;
  }

  /// The SubjectPublicKeyInfo exactly as it was sent.
  public byte[] publicKeyInfo() {
    return publicKeyInfo.clone();
  }

  /// The subject's attributes in order; empty for an empty subject.
  public List<SubjectAttribute> subject() {
    return subject;
  }

  /// The URI names, read by nobody yet.
  public List<String> uris() {
    return names.uris();
  }

  /// The DNS names, read by nobody yet.
  public List<String> dnsNames() {
    return names.dnsNames();
  }

  private static CertificateRequest readInfo(byte[] der) {
    var outer = Der.of(der);
    var info = outer.enter(Der.SEQUENCE);
    info.smallInteger(0);
    var subject = SubjectAttribute.readName(info.enter(Der.SEQUENCE));
    var keyInfo = info.whole();
    var names = info.hasMore() ? readAttributes(info.enter(0xa0)) : Extensions.AltNames.NONE;
    info.finish();
    return new CertificateRequest(keyInfo, PublicKeys.readOnce(keyInfo), subject, names);
  }

  private static Extensions.AltNames readAttributes(Der attributes) {
    var found = new ArrayList<Extensions.AltNames>();
    while (attributes.hasMore()) {
      var attribute = attributes.enter(Der.SEQUENCE);
      var oid = attribute.oid();
      var values = attribute.enter(Der.SET);
      attribute.finish();
      if (oid.equals(EXTENSION_REQUEST)) {
        found.add(readExtensionRequest(values));
      }
    }
    if (found.size() > 1) {
      throw new MalformedException("certificate request asks for extensions twice");
    }
    return found.isEmpty() ? Extensions.AltNames.NONE : found.getFirst();
  }

  private static Extensions.AltNames readExtensionRequest(Der values) {
    var extensions = CertificateFields.readExtensions(values);
    return Optional.ofNullable(extensions.get(Extensions.SUBJECT_ALT_NAME))
        .map(extension -> Extensions.readAltNames(extension.value()))
        .orElse(Extensions.AltNames.NONE);
  }

  private static void requireProof(
      Optional<SignatureAlgorithm> algorithm, PublicKey key, byte[] info, byte[] signature) {
    if (algorithm.isEmpty()) {
      throw new IllegalArgumentException(
          "certificate request is signed with an algorithm that is not allowed");
    }
    if (!algorithm.get().verify(key, info, signature)) {
      throw new IllegalArgumentException(
          "certificate request is not signed with the key it asks to certify");
    }
  }
}
