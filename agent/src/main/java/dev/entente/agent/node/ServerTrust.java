package dev.entente.agent.node;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidRefusedException;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Recognises a broker by its certificate, and remembers whether the last one was a stranger's.
///
/// A failed handshake reaches the caller as a lost connection; what a chain was refused for is
/// known only here, and decides whether trust has to be established anew. Called from event loops.
final class ServerTrust extends X509ExtendedTrustManager {
  private static final String SERVER_PATH = "/spire/server";
  private static final X509Certificate[] NO_ISSUERS = {};

  private final Check check;
  private volatile Optional<String> stranger = Optional.empty();

  /// Judges a chain.
  private interface Check {
    void check(X509Certificate[] chain, String authType) throws CertificateException;
  }

  private ServerTrust(Check check) {
    this.check = check;
  }

  /// Lets in a server of `trustDomain` whose chain leads to one of `bundles`.
  static ServerTrust verified(TrustDomain trustDomain, BundleSource bundles, InstantSource clock) {
    var server = serverId(trustDomain);
    return new ServerTrust(
        new SvidTrustManager(bundles, server::equals, clock)::checkServerTrusted);
  }

  /// Lets in whoever says to be a server of `trustDomain`.
  static ServerTrust textual(TrustDomain trustDomain) {
    var server = serverId(trustDomain);
    return new ServerTrust((chain, _) -> requireId(chain, server));
  }

  static SpiffeId serverId(TrustDomain trustDomain) {
    return SpiffeId.of(trustDomain, SERVER_PATH);
  }

  /// Why the last chain leads to no authority we know; empty if it does.
  Optional<String> stranger() {
    return stranger;
  }

  private static void requireId(X509Certificate[] chain, SpiffeId server)
      throws CertificateException {
    try {
      var id = X509Svid.of(List.of(chain)).id();
      if (!id.equals(server)) {
        throw new CertificateException("the broker says to be " + id + ", not " + server);
      }
    } catch (IllegalArgumentException e) {
      throw new CertificateException("the broker shows no X509-SVID: " + e.getMessage(), e);
    }
  }

  private void judge(X509Certificate[] chain, String authType) throws CertificateException {
    stranger = Optional.empty();
    try {
      check.check(chain, authType);
    } catch (SvidRefusedException e) {
      stranger = strangeness(e);
      throw e;
    }
  }

  private static Optional<String> strangeness(SvidRefusedException refusal) {
    return switch (refusal.refused().reason()) {
      case NO_BUNDLE, UNKNOWN_AUTHORITY, BROKEN_CHAIN -> Optional.of(refusal.refused().detail());
      case CHAIN_SIZE,
          MALFORMED,
          NOT_A_LEAF,
          NO_SPIFFE_ID,
          KEY,
          SIGNATURE_ALGORITHM,
          USAGE,
          NOT_YET_VALID,
          EXPIRED,
          ISSUER,
          NAME_CONSTRAINTS,
          UNSUPPORTED,
          NOT_AUTHORIZED,
          INTERNAL ->
          Optional.empty();
    };
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    judge(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws CertificateException {
    judge(chain, authType);
  }

  @Override
  public void checkServerTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws CertificateException {
    judge(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("an agent's connection to a broker has no clients");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
      throws CertificateException {
    checkClientTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(
      X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
      throws CertificateException {
    checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return NO_ISSUERS.clone();
  }
}
