package dev.entente.rpc;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.SslContextFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// The one factory of TLS contexts here: TLS 1.3, HTTP/2 only, and no session is ever resumed.
///
/// A resumed session skips the trust manager, so that a peer refused today would come back on
/// yesterday's session. JSSE neither sends nor keeps a ticket when the context's session timeout is
/// above seven days (RFC 8446 §4.6.1 forbids longer tickets; `sun.security.ssl.NewSessionTicket`).
/// Unlike the system property `jdk.tls.server.newSessionTicketCount` this binds the context itself,
/// both sides of it, whatever was loaded before. TlsTest proves it on the JDK in use.
final class TlsEngine extends JdkSSLEngineOptions {
  static final String PROTOCOL = "TLSv1.3";

  private static final Duration SESSION_TIMEOUT = Duration.ofDays(8);

  static {
    BouncyCastleSearch.end();
  }

  /// Handshakes cost milliseconds of signing and verifying: they run on Vert.x's worker threads.
  TlsEngine() {
    setUseWorkerThread(true);
  }

  @Override
  public TlsEngine copy() {
    return new TlsEngine();
  }

  @Override
  public SslContextFactory sslContextFactory() {
    return new Factory();
  }

  private static final class Factory implements SslContextFactory {
    private boolean forClient;
    private ClientAuth clientAuth = ClientAuth.NONE;
    private @Nullable KeyManagerFactory keys;
    private @Nullable TrustManagerFactory trust;

    @Override
    public SslContextFactory forClient(boolean forClient) {
      this.forClient = forClient;
      return this;
    }

    @Override
    public SslContextFactory clientAuth(@Nullable ClientAuth auth) {
      clientAuth = auth == null ? ClientAuth.NONE : auth;
      return this;
    }

    @Override
    public SslContextFactory keyMananagerFactory(KeyManagerFactory keys) {
      this.keys = keys;
      return this;
    }

    @Override
    public SslContextFactory trustManagerFactory(TrustManagerFactory trust) {
      this.trust = trust;
      return this;
    }

    @Override
    public SslContextFactory useAlpn(boolean useAlpn) {
      return this;
    }

    @Override
    public SslContextFactory applicationProtocols(List<String> protocols) {
      return this;
    }

    @Override
    public SslContextFactory enabledCipherSuites(Set<String> suites) {
      return this;
    }

    @Override
    public SslContext create() throws SSLException {
      if (trust == null) {
        throw new SSLException("a TLS context needs a trust manager");
      }
      SslContextBuilder builder =
          forClient
              ? SslContextBuilder.forClient().keyManager(keys)
              : SslContextBuilder.forServer(keys).clientAuth(clientAuth);
      SslContext context =
          builder
              .sslProvider(SslProvider.JDK)
              .protocols(PROTOCOL)
              .trustManager(trust)
              .sessionTimeout(SESSION_TIMEOUT.toSeconds())
              .applicationProtocolConfig(
                  new ApplicationProtocolConfig(
                      Protocol.ALPN,
                      SelectorFailureBehavior.FATAL_ALERT,
                      SelectedListenerFailureBehavior.FATAL_ALERT,
                      ApplicationProtocolNames.HTTP_2))
              .build();
      if (context.sessionContext().getSessionTimeout() != SESSION_TIMEOUT.toSeconds()) {
        throw new SSLException("session timeout not taken: sessions could be resumed");
      }
      return context;
    }
  }
}
