package dev.entente.attestors.host;

import java.math.BigInteger;

/// A signature as a TPM writes it (TPMT_SIGNATURE, TPM 2.0 Library, Part 2, 11.3.4).
sealed interface TpmSignature {
  /// With which hash.
  TpmHash hash();

  /// PKCS #1 v1.5.
  record Rsa(TpmHash hash, byte[] bytes) implements TpmSignature {}

  /// Both numbers.
  record Ecdsa(TpmHash hash, BigInteger r, BigInteger s) implements TpmSignature {}

  /// Reads one.
  ///
  /// @throws IllegalArgumentException if these bytes are anything else
  static TpmSignature parse(byte[] bytes) {
    return TpmReader.readAll(
        bytes,
        in -> {
          int algorithm = in.uint16();
          var hash = TpmHash.of(in.uint16());
          return switch (algorithm) {
            case TpmPublic.RSASSA -> new Rsa(hash, in.sized(512));
            case TpmPublic.ECDSA ->
                new Ecdsa(hash, new BigInteger(1, in.sized(66)), new BigInteger(1, in.sized(66)));
            default ->
                throw new IllegalArgumentException("a signature of 0x%04x".formatted(algorithm));
          };
        });
  }
}
