package dev.entente.cli;

import dev.entente.runtime.Causes;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.SafeWay;
import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.List;

/// Writes an X509-SVID for programs that read files: chain, private key (mode 0600) and bundle.
///
/// Only where nobody but us and root can change where the path leads: whoever may write in the
/// directory could take the place of a file between two steps.
final class SvidFiles {
  private static final FileAttribute<?> OTHERS_READ =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"));

  private final Path directory;

  SvidFiles(Path directory) {
    this.directory = directory;
  }

  /// Writes `svid.N.pem`, `svid.N.key` and `bundle.N.pem` of each identity.
  void writeAll(List<X509Answer.Identity> identities) {
    for (var i = 0; i < identities.size(); i++) {
      var identity = identities.get(i);
      writeSvid("svid." + i, identity.svid().chain(), identity.pkcs8());
      writeBundle("bundle." + i, identity.bundle());
    }
  }

  /// Writes a WIT-SVID's token as `NAME.jwt` and its private key as `NAME.jwk`.
  void writeWit(String name, String token, String jwk) {
    write(name + ".jwk", jwk + "\n", DurableFiles.PRIVATE);
    write(name + ".jwt", token + "\n", DurableFiles.PUBLIC);
  }

  /// Writes `NAME.pem` and `NAME.key`.
  void writeSvid(String name, List<X509Certificate> chain, byte[] pkcs8) {
    write(name + ".key", Pem.encode(Pem.PRIVATE_KEY, pkcs8), DurableFiles.PRIVATE);
    write(name + ".pem", Pem.encodeCertificates(chain), DurableFiles.PUBLIC);
  }

  /// Writes `NAME.pem`.
  void writeBundle(String name, List<X509Certificate> authorities) {
    write(name + ".pem", Pem.encodeCertificates(authorities), DurableFiles.PUBLIC);
  }

  private void write(String name, String text, String mode) {
    try {
      Files.createDirectories(directory, OTHERS_READ);
      SafeWay.require(directory);
      DurableFiles.writeAtomically(
          directory.resolve(name), text.getBytes(StandardCharsets.UTF_8), mode);
    } catch (IOException e) {
      throw Failure.failed(directory.resolve(name) + " was not written", Causes.of(e));
    }
  }
}
