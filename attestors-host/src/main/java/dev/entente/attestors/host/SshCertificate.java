package dev.entente.attestors.host;

import dev.entente.attestors.host.SshKeys.SshSignature;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// An OpenSSH certificate, taken apart but not yet believed (OpenSSH's PROTOCOL.certkeys).
///
/// @param blob all of it
/// @param signed what the authority's signature covers: all before it
/// @param key of the host
/// @param type 2 for a host's
/// @param principals the host's names
/// @param validAfter in seconds since 1970, included
/// @param validBefore in seconds since 1970, excluded; all bits set: for ever
/// @param hasCriticalOptions whether it demands something of whoever believes it
/// @param authority the signer's key, in wire form
record SshCertificate(
    byte[] blob,
    byte[] signed,
    PublicKey key,
    long serial,
    int type,
    String keyId,
    List<String> principals,
    long validAfter,
    long validBefore,
    boolean hasCriticalOptions,
    byte[] authority,
    SshSignature signature) {
  static final int HOST = 2;

  private static final String SUFFIX = "-cert-v01@openssh.com";
  private static final long FOR_EVER = -1;

  SshCertificate {
    principals = List.copyOf(principals);
  }

  /// @throws IllegalArgumentException if it is no certificate with a key that is allowed
  static SshCertificate parse(byte[] blob) {
    return SshWire.readAll(blob, wire -> read(blob, wire));
  }

  private static SshCertificate read(byte[] blob, SshWire wire) {
    var type = wire.text();
    if (!type.endsWith(SUFFIX)) {
      throw new IllegalArgumentException("not a certificate: " + type);
    }
    wire.string(); // a nonce of the authority's
    var key = SshKeys.readFields(type.substring(0, type.length() - SUFFIX.length()), wire);
    long serial = wire.uint64();
    int kind = wire.uint32();
    var keyId = wire.text();
    var principals = principals(wire.string());
    long validAfter = wire.uint64();
    long validBefore = wire.uint64();
    boolean critical = wire.string().length > 0;
    wire.string(); // extensions, which nobody has to understand
    wire.string(); // reserved
    byte[] authority = wire.string();
    byte[] signed = Arrays.copyOf(blob, wire.position());
    var signature = SshWire.readAll(wire.string(), SshSignature::read);
    return new SshCertificate(
        blob,
        signed,
        key,
        serial,
        kind,
        keyId,
        principals,
        validAfter,
        validBefore,
        critical,
        authority,
        signature);
  }

  private static List<String> principals(byte[] packed) {
    return SshWire.readAll(
        packed,
        wire -> {
          var names = new ArrayList<String>();
          while (wire.hasMore()) {
            names.add(wire.text());
          }
          return names;
        });
  }

  /// Whether its time has come. Both ends are numbers without sign.
  boolean hasBegun(Instant now) {
    return Long.compareUnsigned(now.getEpochSecond(), validAfter) >= 0;
  }

  /// Whether its time has passed.
  boolean hasEnded(Instant now) {
    return validBefore != FOR_EVER && Long.compareUnsigned(now.getEpochSecond(), validBefore) >= 0;
  }
}
