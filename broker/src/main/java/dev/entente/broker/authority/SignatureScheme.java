package dev.entente.broker.authority;

import dev.entente.spiffe.KeyAlgorithm;

/// How a key signs: digest, algorithm and the form of the signature's bytes.
public enum SignatureScheme {
  /// ECDSA with SHA-256, in DER as X.509 wants it.
  ECDSA_SHA256("SHA256withECDSA"),
  /// ECDSA with SHA-384, in DER.
  ECDSA_SHA384("SHA384withECDSA"),
  /// ECDSA with SHA-256, as two numbers of fixed length (RFC 7518 §3.4, ES256).
  ES256("SHA256withECDSAinP1363Format"),
  /// RSA PKCS #1 v1.5 with SHA-256, in X.509 and as RS256.
  RSA_SHA256("SHA256withRSA");

  private final String jcaName;

  SignatureScheme(String jcaName) {
    this.jcaName = jcaName;
  }

  String jcaName() {
    return jcaName;
  }

  /// The scheme a key of this kind signs certificates with.
  static SignatureScheme forCertificates(KeyAlgorithm algorithm) {
    return switch (algorithm) {
      case EC_P256 -> ECDSA_SHA256;
      case EC_P384 -> ECDSA_SHA384;
      case RSA_2048, RSA_4096 -> RSA_SHA256;
    };
  }
}
