package dev.entente.attestors.azure;

import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// The authorities under which Azure's metadata service gets its certificates, pinned by digest.
final class AzureRoots {
  private static final String NAME_CONSTRAINTS_OID = "2.5.29.30";

  private AzureRoots() {}

  /// Azure's own.
  static List<X509Certificate> builtIn() {
    var roots = new ArrayList<X509Certificate>();
    resource("index.tsv")
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int tab = line.indexOf('\t');
          var root = Pem.certificates(resource(line.substring(0, tab))).getFirst();
          if (!Digests.sha256Hex(Certificates.der(root)).equals(line.substring(tab + 1))) {
            throw new IllegalStateException(line.substring(0, tab) + " is not the published one");
          }
          roots.add(root);
        });
    return List.copyOf(roots);
  }

  /// Reads authorities an operator adds, roots or such as stand below them.
  ///
  /// @throws IllegalArgumentException if the file cannot be read, or one of them is no authority
  static List<X509Certificate> read(Path file) {
    List<X509Certificate> authorities;
    try {
      authorities = Pem.certificates(Files.readString(file, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalArgumentException("certificates not read from " + file + ": " + e, e);
    }
    for (var authority : authorities) {
      var name = authority.getSubjectX500Principal().getName();
      if (authority.getBasicConstraints() < 0) {
        throw new IllegalArgumentException(file + ": \"" + name + "\" may not sign certificates");
      }
      if (authority.getExtensionValue(NAME_CONSTRAINTS_OID) != null) {
        throw new IllegalArgumentException(
            file + ": \"" + name + "\" has name constraints, which would not be applied");
      }
    }
    return authorities;
  }

  private static String resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(AzureRoots.class.getResourceAsStream("roots/" + name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
