package dev.entente.broker;

import dev.entente.runtime.BoundedFiles;
import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// Whom `https_web` endpoints are believed by, when the configuration says it.
final class WebAuthorities {
  private WebAuthorities() {}

  /// The authorities in a PEM file; empty if there is none, which means the platform's own.
  static Optional<X509TrustManager> of(Optional<Path> file) throws IOException {
    return file.isEmpty() ? Optional.empty() : Optional.of(read(file.get()));
  }

  private static X509TrustManager read(Path file) throws IOException {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      var pem = BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
      for (var certificate : Pem.certificates(pem)) {
        store.setCertificateEntry("web-" + number++, certificate);
      }
      if (number == 0) {
        throw new IOException("web-ca-file " + file + " has no certificate");
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (var manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          return x509;
        }
      }
      throw new IllegalStateException("no X.509 trust manager in this Java");
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("web-ca-file " + file + " not read: " + e.getMessage(), e);
    }
  }
}
