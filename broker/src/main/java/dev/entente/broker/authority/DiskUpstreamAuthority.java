package dev.entente.broker.authority;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.X509Authority;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// An upstream authority whose certificate and key are files on this machine.
///
/// They are read anew for each rotation: whoever replaces them prepares the next authority, and the
/// new ones sign it. Whoever can read the key can be any identity of the trust domain.
///
/// @param certificateFile PEM: the signing certificate, then what leads from it to a root
/// @param keyFile PEM, PKCS#8: its key
/// @param bundleFile PEM: the roots; empty if the signing certificate is itself the root
public record DiskUpstreamAuthority(Path certificateFile, Path keyFile, Optional<Path> bundleFile)
    implements UpstreamAuthority {
  /// A chain or a bundle is a few certificates.
  private static final int FILE_MAX_BYTES = 256 * 1024;

  @Override
  public Signed sign(Request request) {
    var certificates = read(certificateFile, Pem::certificates);
    var issuer = certificates.getFirst();
    refuseOpen(keyFile);
    var key = read(keyFile, PrivateKeys::fromPem);
    if (!PrivateKeys.isPair(key, issuer.getPublicKey())) {
      throw new UpstreamAuthorityException(
          keyFile + " is not the key of the first certificate in " + certificateFile);
    }
    var roots = bundleFile.map(file -> read(file, Pem::certificates)).orElse(certificates);
    if (bundleFile.isEmpty()
        && (certificates.size() != 1 || !UpstreamPath.isSignedBy(issuer, issuer))) {
      throw new UpstreamAuthorityException(
          certificateFile
              + " is not one self-signed certificate, so a bundle-file has to name the roots");
    }
    var above = certificates.stream().filter(certificate -> !roots.contains(certificate)).toList();
    var path = UpstreamPath.of(issuer, above, roots, request.now());
    prove(request, issuer, key, path, roots);
    var chain = path.below(sign(request, issuer, key, path.notAfter()));
    return new Signed(chain, path.root(), roots);
  }

  /// Has an SVID below a throw-away authority judged as peers will judge, name constraints of the
  /// certificates above included. Its key exists for the length of this method.
  private static void prove(
      Request request,
      X509Certificate issuer,
      PrivateKey key,
      UpstreamPath path,
      List<X509Certificate> roots) {
    var passing = new SoftwareKey("proof", KeyAlgorithm.EC_P256, KeyAlgorithm.EC_P256.generate());
    var proof =
        new Request(
            request.trustDomain(),
            request.subject(),
            passing,
            BigInteger.TWO,
            request.now(),
            request.ttl());
    var chain = path.below(sign(proof, issuer, key, path.notAfter()));
    UpstreamProof.require(proof, chain, roots);
  }

  /// A group may read it, as with files that an orchestrator mounts.
  private static void refuseOpen(Path file) {
    try {
      var mode = Files.getPosixFilePermissions(file);
      if (mode.contains(PosixFilePermission.OTHERS_READ)
          || mode.contains(PosixFilePermission.OTHERS_WRITE)
          || mode.contains(PosixFilePermission.GROUP_WRITE)) {
        throw new UpstreamAuthorityException(
            file
                + " is open to others ("
                + PosixFilePermissions.toString(mode)
                + "), it must be 0640 or stricter");
      }
    } catch (IOException e) {
      throw new UpstreamAuthorityException(file + " was not read: " + Causes.of(e), e);
    }
  }

  /// In the shape of our own downstream authorities, with the key id that the issuer calls its own.
  private static X509Certificate sign(
      Request request, X509Certificate issuer, PrivateKey key, Instant latest) {
    var algorithm = algorithm(issuer);
    var signer = new SoftwareKey("upstream", algorithm, new KeyPair(issuer.getPublicKey(), key));
    var keyId = HexFormat.of().parseHex(X509Authority.of(issuer).subjectKeyId());
    var template =
        CertificateTemplate.forAuthorities(
            SignatureScheme.forCertificates(algorithm),
            issuer.getSubjectX500Principal().getEncoded(),
            keyId);
    var start = request.now().truncatedTo(ChronoUnit.SECONDS);
    var wanted = start.plus(request.ttl()).truncatedTo(ChronoUnit.SECONDS);
    var name =
        request
            .subject()
            .withOnly(SubjectName.Attribute.SERIAL_NUMBER, request.serial().toString());
    var variables =
        new CertificateTemplate.Variables(
            request.serial(),
            start.minus(X509Profile.BACKDATE),
            wanted.isBefore(latest) ? wanted : latest,
            name.toDer(),
            request.key().publicKey(),
            request.trustDomain().id().toString(),
            List.of());
    var certificate = X509SigningAuthority.read(template.sign(variables, signer));
    try {
      certificate.verify(issuer.getPublicKey());
      return certificate;
    } catch (GeneralSecurityException e) {
      throw new UpstreamAuthorityException("the upstream key signed wrongly", e);
    }
  }

  private static KeyAlgorithm algorithm(X509Certificate issuer) {
    try {
      if (!KeyAlgorithm.isAcceptable(issuer.getPublicKey())) {
        throw new IllegalArgumentException("it is of a kind nobody accepts");
      }
      return KeyFile.algorithmOf(issuer.getPublicKey());
    } catch (IllegalArgumentException e) {
      throw new UpstreamAuthorityException(
          "the upstream key is none of P-256, P-384, RSA 2048 and RSA 4096", e);
    }
  }

  private static <T> T read(Path file, Function<String, T> reader) {
    try {
      return reader.apply(BoundedFiles.readText(file, FILE_MAX_BYTES));
    } catch (IOException | IllegalArgumentException e) {
      throw new UpstreamAuthorityException(file + " was not read: " + Causes.of(e), e);
    }
  }
}
