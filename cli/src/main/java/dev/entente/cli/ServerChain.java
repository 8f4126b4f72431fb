package dev.entente.cli;

import dev.entente.runtime.Causes;
import dev.entente.runtime.ListenAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// Asks a server for its certificate chain, to look at it.
final class ServerChain {
  private ServerChain() {}

  static List<X509Certificate> of(String address, Duration timeout) {
    var seen = new Seen();
    try {
      var server = ListenAddress.parse(address);
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {seen}, null);
      handshake(context, server, (int) Math.min(timeout.toMillis(), 3_600_000));
    } catch (IllegalArgumentException e) {
      throw Failure.usage(String.valueOf(e.getMessage()), "");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no TLS in this JDK", e);
    } catch (IOException e) {
      // A server that wants a client certificate ends the handshake after it has shown its own.
      if (seen.chain.isEmpty()) {
        throw new Failure(
            ExitCode.UNREACHABLE, address + " showed no certificate", Causes.of(e), "");
      }
    }
    return seen.chain;
  }

  private static void handshake(SSLContext context, ListenAddress server, int timeoutMillis)
      throws IOException {
    try (var plain = new Socket()) {
      plain.connect(new InetSocketAddress(server.host(), server.port()), timeoutMillis);
      plain.setSoTimeout(timeoutMillis);
      var factory = context.getSocketFactory();
      try (var tls = (SSLSocket) factory.createSocket(plain, server.host(), server.port(), true)) {
        var parameters = tls.getSSLParameters();
        if (server.host().matches(".*[A-Za-z].*") && !server.host().contains(":")) {
          parameters.setServerNames(List.of(new SNIHostName(server.host())));
        }
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        tls.setSSLParameters(parameters);
        tls.startHandshake();
      }
    }
  }

  /// Remembers the chain and believes nothing: no byte is sent after the handshake.
  private static final class Seen extends X509ExtendedTrustManager {
    private List<X509Certificate> chain = List.of();

    @Override
    public void checkServerTrusted(X509Certificate[] offered, String type, Socket socket) {
      chain = List.of(offered);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] offered, String type, SSLEngine engine) {
      chain = List.of(offered);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] offered, String type) {
      chain = List.of(offered);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] offered, String type, Socket socket) {
      throw new IllegalStateException("we are no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] offered, String type, SSLEngine engine) {
      throw new IllegalStateException("we are no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] offered, String type) {
      throw new IllegalStateException("we are no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
