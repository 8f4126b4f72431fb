package dev.entente.systemtests.java;

import io.spiffe.provider.SpiffeSslContextFactory;
import io.spiffe.spiffeid.SpiffeId;
import io.spiffe.workloadapi.X509Source;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/// Speaks TLS with one peer identity, through java-spiffe's SSL context: the same code that a user
/// would copy from its manual.
final class MutualTls {
  private static final int PATIENCE_MILLIS = 10_000;

  private final SSLContext context;

  MutualTls(X509Source source, String peer) throws GeneralSecurityException {
    var id = SpiffeId.parse(peer);
    this.context =
        SpiffeSslContextFactory.getSslContext(
            SpiffeSslContextFactory.SslContextOptions.builder()
                .x509Source(source)
                .acceptedSpiffeIdsSupplier(() -> Set.of(id))
                .build());
  }

  /// Greets every caller by its identity, until the process ends.
  String serve() throws IOException {
    var server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
    server.setNeedClientAuth(true);
    Thread.ofPlatform().daemon().name("tls-server").start(() -> greetAll(server));
    return "host=" + server.getInetAddress().getHostAddress() + " port=" + server.getLocalPort();
  }

  private static void greetAll(SSLServerSocket server) {
    while (!server.isClosed()) {
      try (var caller = (SSLSocket) server.accept()) {
        caller.setSoTimeout(PATIENCE_MILLIS);
        caller.startHandshake();
        var greeting = "hello=" + peerOf(caller) + "\n";
        caller.getOutputStream().write(greeting.getBytes(StandardCharsets.UTF_8));
        caller.getOutputStream().flush();
      } catch (IOException | GeneralSecurityException e) {
        System.err.println("caller not served: " + e);
      }
    }
  }

  /// What the peer greeted us with, and who it was.
  String call(String host, int port) throws IOException, GeneralSecurityException {
    try (var socket = (SSLSocket) context.getSocketFactory().createSocket(host, port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.startHandshake();
      var input = new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8);
      var greeting = new BufferedReader(input).readLine();
      if (greeting == null) {
        throw new IOException("the peer closed the connection");
      }
      return greeting + " peer=" + peerOf(socket);
    }
  }

  private static String peerOf(SSLSocket socket) throws IOException, GeneralSecurityException {
    var leaf = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    for (var name : leaf.getSubjectAlternativeNames()) {
      if (Integer.valueOf(6).equals(name.get(0))) {
        return String.valueOf(name.get(1));
      }
    }
    throw new GeneralSecurityException("the peer's certificate names no URI");
  }
}
