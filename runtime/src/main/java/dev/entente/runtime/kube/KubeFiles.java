package dev.entente.runtime.kube;

import dev.entente.runtime.blocking.TcpConnection;
import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/// What the files of a [KubeTarget] hold at one moment.
///
/// @param tls for the handshake
/// @param token for the `Authorization` field
record KubeFiles(TcpConnection.Tls tls, Optional<String> token) {
  private static final char[] NO_PASSWORD = {};

  /// Reads them. Certificates and keys are in any PEM that OpenSSL and Kubernetes write: a kubelet
  /// keeps both in one file, the key as `EC PRIVATE KEY`.
  static KubeFiles read(KubeTarget.Tls target) throws IOException {
    try {
      Optional<String> token = Optional.empty();
      Optional<KeyManager[]> identity = Optional.empty();
      switch (target.credentials()) {
        case KubeCredentials.Anonymous _ -> {
          // Nothing to show.
        }
        case KubeCredentials.Token(var text) -> token = Optional.of(text.read().strip());
        case KubeCredentials.Certificate(var certificate, var key) ->
            identity = Optional.of(identity(certificate, key));
      }
      var context = SSLContext.getInstance("TLS");
      context.init(identity.orElse(null), trust(target.authorities()), null);
      return new KubeFiles(
          new TcpConnection.Tls(context.getSocketFactory(), target.checkHost()), token);
    } catch (GeneralSecurityException e) {
      throw new IOException("keys or certificates are not usable: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trust(Optional<KubeText> authorities)
      throws IOException, GeneralSecurityException {
    if (authorities.isEmpty()) {
      return new TrustManager[] {new BelieveWhoeverAnswers()};
    }
    var store = emptyStore();
    for (var certificate : certificates(authorities.get())) {
      store.setCertificateEntry(Integer.toString(store.size()), certificate);
    }
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] identity(KubeText certificate, KubeText key)
      throws IOException, GeneralSecurityException {
    var store = emptyStore();
    var chain = certificates(certificate).toArray(X509Certificate[]::new);
    store.setKeyEntry("client", privateKey(key), NO_PASSWORD, chain);
    var factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static List<X509Certificate> certificates(KubeText text)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> found = new ArrayList<>();
    try (var pem = new PEMParser(new StringReader(text.read()))) {
      for (var next = pem.readObject(); next != null; next = pem.readObject()) {
        if (next instanceof X509CertificateHolder holder) {
          found.add(new JcaX509CertificateConverter().getCertificate(holder));
        }
      }
    }
    if (found.isEmpty()) {
      throw new IOException(text + " holds no certificate");
    }
    return found;
  }

  private static PrivateKey privateKey(KubeText text) throws IOException {
    var converter = new JcaPEMKeyConverter();
    try (var pem = new PEMParser(new StringReader(text.read()))) {
      for (var next = pem.readObject(); next != null; next = pem.readObject()) {
        if (next instanceof PEMKeyPair pair) {
          return converter.getPrivateKey(pair.getPrivateKeyInfo());
        }
        if (next instanceof PrivateKeyInfo key) {
          return converter.getPrivateKey(key);
        }
      }
    }
    throw new IOException(text + " holds no private key");
  }

  /// Checks nothing, as `skip-kubelet-verification` asks for.
  private static final class BelieveWhoeverAnswers extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      // Believed.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      // Believed.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      // Believed.
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      throw new IllegalStateException("we serve nobody");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
      throw new IllegalStateException("we serve nobody");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      throw new IllegalStateException("we serve nobody");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
