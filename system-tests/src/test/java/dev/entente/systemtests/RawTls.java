package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// TLS of a client that does not care who it speaks to.
final class RawTls {
  private static final int LIMIT_MILLIS = 30_000;
  private static final SSLContext CONTEXT = context();

  private RawTls() {}

  /// Connects without a word.
  static Socket plain(String address) throws IOException {
    var colon = address.lastIndexOf(':');
    var socket = new Socket();
    socket.setSoTimeout(LIMIT_MILLIS);
    var port = Integer.parseInt(address.substring(colon + 1));
    socket.connect(new InetSocketAddress(address.substring(0, colon), port), LIMIT_MILLIS);
    return socket;
  }

  /// Shakes hands, and offers these protocols; none at all is possible.
  static SSLSocket connect(String address, String... protocols) throws IOException {
    var plain = plain(address);
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
      context.init(null, new TrustManager[] {new Everybody()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new UncheckedIOException("no TLS", new IOException(e));
    }
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
