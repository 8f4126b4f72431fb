package dev.entente.systemtests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// TLS of a client that does not care who it speaks to.
final class RawTls {
  private static final int LIMIT_MILLIS = 30_000;

  /// Names a key store with the certificate that connections of this process show.
  private static final String IDENTITY = "entente.identity";

  private static final String PASSWORD = "password";

  /// Whatever address of this machine leads there.
  static final String ANYWHERE = "0.0.0.0";

  private static final SSLContext CONTEXT = context();

  private RawTls() {}

  /// Connects without a word.
  static Socket plain(String address) throws IOException {
    return plain(address, ANYWHERE);
  }

  private static Socket plain(String address, String from) throws IOException {
    var colon = address.lastIndexOf(':');
    var socket = new Socket();
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.bind(new InetSocketAddress(from, 0));
    var port = Integer.parseInt(address.substring(colon + 1));
    socket.connect(new InetSocketAddress(address.substring(0, colon), port), LIMIT_MILLIS);
    return socket;
  }

  /// Shakes hands, and offers these protocols; none at all is possible.
  static SSLSocket connect(String address, String... protocols) throws IOException {
    return connectFrom(ANYWHERE, address, protocols);
  }

  /// As [#connect], from an address of this machine.
  static SSLSocket connectFrom(String from, String address, String... protocols)
      throws IOException {
    var plain = plain(address, from);
    var host = plain.getInetAddress().getHostAddress();
    var socket =
        (SSLSocket) CONTEXT.getSocketFactory().createSocket(plain, host, plain.getPort(), true);
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
      socket.setSoTimeout(0);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static SSLContext context() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(identity(), new TrustManager[] {new Everybody()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new UncheckedIOException("no TLS", new IOException(e));
    } catch (IOException e) {
      throw new UncheckedIOException("no TLS", e);
    }
  }

  /// The flag of a process that shows this certificate.
  static String identifiedBy(Path file) {
    return "-D" + IDENTITY + "=" + file;
  }

  /// Writes what [#identifiedBy] names.
  static void write(Path file, PrivateKey key, List<X509Certificate> chain) {
    try (var out = Files.newOutputStream(file)) {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("svid", key, PASSWORD.toCharArray(), chain.toArray(X509Certificate[]::new));
      store.store(out, PASSWORD.toCharArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no key store", e);
    } catch (IOException e) {
      throw new UncheckedIOException("key store not written", e);
    }
  }

  private static KeyManager @Nullable [] identity() throws GeneralSecurityException, IOException {
    var file = System.getProperty(IDENTITY);
    if (file == null) {
      return null;
    }
    var store = KeyStore.getInstance(new File(file), PASSWORD.toCharArray());
    var managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(store, PASSWORD.toCharArray());
    return managers.getKeyManagers();
  }

  private static final class Everybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
