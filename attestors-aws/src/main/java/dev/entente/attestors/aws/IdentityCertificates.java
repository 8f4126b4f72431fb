package dev.entente.attestors.aws;

import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import javax.security.auth.x500.X500Principal;

/// The certificates with which AWS signs instance identity documents, one for each region.
///
/// Each is a trust anchor by itself: there is no authority above it. They are AWS's published
/// RSA-2048 certificates, pinned by digest; an operator may put others in their place or add those
/// of a new region. There is no fallback: what no certificate of this set has signed is refused.
final class IdentityCertificates {
  /// A directory of one certificate a region; more is a mistake.
  private static final int FILES_MAX = 256;

  /// A certificate of a region, and which region that is.
  record Regional(String region, X509Certificate certificate) {}

  /// How a signature names its signer (RFC 5652 §5.3).
  private record Name(X500Principal issuer, BigInteger serial) {}

  private final Map<Name, Regional> bySigner = new HashMap<>();

  private IdentityCertificates(Map<String, X509Certificate> byRegion) {
    byRegion.forEach((region, certificate) -> {
      if (!(certificate.getPublicKey() instanceof RSAPublicKey key)
          || key.getModulus().bitLength() < 2048) {
        throw new IllegalArgumentException(region + ": not an RSA key of at least 2048 bits");
      }
      var name = new Name(certificate.getIssuerX500Principal(), certificate.getSerialNumber());
      var other = bySigner.put(name, new Regional(region, certificate));
      if (other != null) {
        throw new IllegalArgumentException(
            region + " and " + other.region() + ": the same issuer and serial number");
      }
    });
  }

  /// The certificate a signature names, if it is of this set.
  Optional<Regional> named(X500Principal issuer, BigInteger serial) {
    return Optional.ofNullable(bySigner.get(new Name(issuer, serial)));
  }

  /// AWS's own.
  static IdentityCertificates builtIn() {
    return new IdentityCertificates(published());
  }

  /// AWS's own, with those of `directory` (one `<region>.pem` each) in place of or beside them.
  ///
  /// @throws IllegalArgumentException if a file is not one certificate with a long enough RSA key
  static IdentityCertificates with(Path directory) {
    var byRegion = published();
    try (var files = Files.list(directory)) {
      var found = files.filter(it -> it.toString().endsWith(".pem")).limit(FILES_MAX).toList();
      if (found.isEmpty()) {
        throw new IllegalArgumentException("no file <region>.pem in " + directory);
      }
      for (var file : found) {
        var name = file.getFileName().toString();
        byRegion.put(
            name.substring(0, name.length() - ".pem".length()),
            one(name, Files.readString(file, StandardCharsets.US_ASCII)));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("certificates not read from " + directory + ": " + e, e);
    }
    return new IdentityCertificates(byRegion);
  }

  /// Reads the index and the file of each of its regions, and compares the digests.
  static Map<String, X509Certificate> published() {
    var byRegion = new TreeMap<String, X509Certificate>();
    resource("index.tsv")
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int tab = line.indexOf('\t');
          var region = line.substring(0, tab);
          var certificate = one(region, resource(region + ".pem"));
          if (!Digests.sha256Hex(Certificates.der(certificate)).equals(line.substring(tab + 1))) {
            throw new IllegalStateException(
                "certificate of " + region + " is not the published one");
          }
          byRegion.put(region, certificate);
        });
    return byRegion;
  }

  private static X509Certificate one(String what, String pem) {
    var certificates = Pem.certificates(pem);
    if (certificates.size() != 1) {
      throw new IllegalArgumentException(
          what + ": " + certificates.size() + " certificates, one is wanted");
    }
    return certificates.getFirst();
  }

  private static String resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(
            IdentityCertificates.class.getResourceAsStream("identity-certificates/" + name),
            name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
