package dev.entente.broker.authority;

import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;

/// A signed certificate and what a caller needs to know of it.
///
/// @param id the SPIFFE ID in the certificate
/// @param serial its serial number
/// @param notBefore first second of validity
/// @param notAfter last second of validity
/// @param authorityId subject key id of the authority that signed, in lower-case hex
/// @param chain DER certificates, leaf first, without the root
public record IssuedX509Svid(
    SpiffeId id,
    BigInteger serial,
    Instant notBefore,
    Instant notAfter,
    String authorityId,
    List<byte[]> chain) {
  /// Copies the list.
  public IssuedX509Svid {
    chain = List.copyOf(chain);
  }
}
