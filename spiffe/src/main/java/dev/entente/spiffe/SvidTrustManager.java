package dev.entente.spiffe;

import dev.entente.spiffe.X509SvidVerifier.Usage;
import dev.entente.spiffe.X509Verdict.Reason;
import dev.entente.spiffe.X509Verdict.Refused;
import dev.entente.spiffe.X509Verdict.Verified;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Lets TLS peers in by their X509-SVID, on either side of the connection.
///
/// The newest bundle is asked for at each handshake, so a removed authority counts at once; a
/// resumed session, though, never comes here, so whoever makes the TLS context has to rule
/// resumption out. Host names are not looked at: a peer is who its SPIFFE ID says. Any thread may
/// call.
public final class SvidTrustManager extends X509ExtendedTrustManager {
  private static final X509Certificate[] NO_ISSUERS = {};

  private final BundleSource bundles;
  private final Predicate<SpiffeId> authorized;
  private final InstantSource clock;

  /// Lets in the peers whose chain leads to an authority of their trust domain and whose ID is
  /// `authorized`.
  public SvidTrustManager(
      BundleSource bundles, Predicate<SpiffeId> authorized, InstantSource clock) {
    this.bundles = bundles;
    this.authorized = authorized;
    this.clock = clock;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws SvidRefusedException {
    check(chain, Usage.TLS_CLIENT);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws SvidRefusedException {
    check(chain, Usage.TLS_CLIENT);
  }

  @Override
  public void checkClientTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws SvidRefusedException {
    check(chain, Usage.TLS_CLIENT);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws SvidRefusedException {
    check(chain, Usage.TLS_SERVER);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws SvidRefusedException {
    check(chain, Usage.TLS_SERVER);
  }

  @Override
  public void checkServerTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws SvidRefusedException {
    check(chain, Usage.TLS_SERVER);
  }

  /// None: a list of names would tell strangers whom we trust, and help nobody to choose.
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return NO_ISSUERS.clone();
  }

  private void check(X509Certificate[] chain, Usage usage) throws SvidRefusedException {
    switch (X509SvidVerifier.verify(List.of(chain), usage, bundles, clock.instant())) {
      case Refused refused -> throw new SvidRefusedException(refused);
      case Verified verified -> requireAuthorized(verified.svid().id());
    }
  }

  private void requireAuthorized(SpiffeId id) throws SvidRefusedException {
    if (!authorized.test(id)) {
      throw new SvidRefusedException(
          new Refused(Reason.NOT_AUTHORIZED, id + " is not a peer that is let in here"));
    }
  }
}
