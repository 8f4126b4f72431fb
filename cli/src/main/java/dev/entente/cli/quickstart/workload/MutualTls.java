package dev.entente.cli.quickstart.workload;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509Svid;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/// Speaks TLS 1.3 with one peer identity.
///
/// Every connection takes the newest identity and has a context of its own, so that a rotation
/// counts from the next connection on and no session outlives it.
final class MutualTls {
  /// Far above what a handshake on loopback takes, even on a busy machine.
  private static final int PATIENCE_MILLIS = 10_000;

  private static final int BACKLOG = 8;

  /// A key store wants one; this one never leaves the memory.
  private static final char[] NO_PASSWORD = {};

  private final Supplier<HeldIdentity> identity;

  MutualTls(Supplier<HeldIdentity> identity) {
    this.identity = identity;
  }

  /// Greets callers that are `peer`, and nobody else, until the process ends; returns the port.
  int serve(InetAddress address, SpiffeId peer) throws IOException {
    var server = new ServerSocket(0, BACKLOG, address);
    Thread.ofPlatform().daemon().name("tls-server").start(() -> greetAll(server, peer));
    return server.getLocalPort();
  }

  private void greetAll(ServerSocket server, SpiffeId peer) {
    while (!server.isClosed()) {
      try (var plain = server.accept();
          var caller = serverSide(plain, peer)) {
        caller.startHandshake();
        var greeting = "hello " + peerOf(caller) + "\n";
        caller.getOutputStream().write(greeting.getBytes(StandardCharsets.UTF_8));
        caller.getOutputStream().flush();
      } catch (IOException | GeneralSecurityException | IllegalStateException e) {
        System.err.println("caller not served: " + e);
      }
    }
  }

  private SSLSocket serverSide(Socket plain, SpiffeId peer)
      throws IOException, GeneralSecurityException {
    plain.setSoTimeout(PATIENCE_MILLIS);
    var tls = (SSLSocket) context(peer).getSocketFactory().createSocket(plain, null, true);
    tls.setNeedClientAuth(true);
    return tls;
  }

  /// What `peer` answered us; fails if somebody else listens there.
  String call(InetSocketAddress address, SpiffeId peer)
      throws IOException, GeneralSecurityException {
    try (var socket = (SSLSocket) context(peer).getSocketFactory().createSocket()) {
      socket.connect(address, PATIENCE_MILLIS);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.startHandshake();
      var input = new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8);
      var greeting = new BufferedReader(input).readLine();
      if (greeting == null) {
        throw new IOException("the peer closed the connection, it did not accept our SVID");
      }
      return peerOf(socket) + " answered: " + greeting;
    }
  }

  private SSLContext context(SpiffeId peer) throws GeneralSecurityException, IOException {
    var held = identity.get();
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    var chain = held.svid().chain().toArray(X509Certificate[]::new);
    store.setKeyEntry("svid", held.key(), NO_PASSWORD, chain);
    var keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(store, NO_PASSWORD);
    var trust = new SvidTrustManager(held.bundles(), peer::equals, InstantSource.system());
    var context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), new TrustManager[] {trust}, null);
    return context;
  }

  private static SpiffeId peerOf(SSLSocket socket) throws IOException {
    var chain =
        Arrays.stream(socket.getSession().getPeerCertificates())
            .map(X509Certificate.class::cast)
            .toList();
    return X509Svid.of(chain).id();
  }
}
