package dev.entente.broker.api;

import dev.entente.broker.api.HttpsListener.Block;
import dev.entente.rpc.TlsIdentity;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Picks the certificate of a block by the name in the client's greeting.
///
/// The identity is asked anew at each handshake, so that a renewed certificate is shown at once.
/// JSSE asks for an alias first and for key and chain by it afterwards; each alias stands for one
/// version of one identity, so that a change in between cannot mix two.
final class HttpsKeyManager extends X509ExtendedKeyManager {
  private final List<Block> blocks;

  /// Identities by alias. A few versions are kept for handshakes under way.
  private final ConcurrentHashMap<String, TlsIdentity> byAlias = new ConcurrentHashMap<>();

  private final ConcurrentHashMap<TlsIdentity, String> aliases = new ConcurrentHashMap<>();
  private final AtomicLong number = new AtomicLong();

  /// More versions than handshakes can be under way with; then the maps start again.
  private static final int VERSIONS_MAX = 64;

  HttpsKeyManager(List<Block> blocks) {
    this.blocks = List.copyOf(blocks);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return find(engine).filter(identity -> fits(identity, keyType)).map(this::alias).orElse(null);
  }

  private Optional<TlsIdentity> find(@Nullable SSLEngine engine) {
    if (blocks.size() == 1) {
      return blocks.getFirst().identity().get();
    }
    return engine == null ? Optional.empty() : name(engine).flatMap(this::byName);
  }

  private Optional<TlsIdentity> byName(String name) {
    return blocks.stream()
        .filter(block -> block.site().hosts().stream().anyMatch(host -> isNamed(host, name)))
        .findFirst()
        .flatMap(block -> block.identity().get());
  }

  /// Hosts of a site may carry a port; names in a greeting do not.
  private static boolean isNamed(String host, String name) {
    return host.equals(name) || host.startsWith(name + ":");
  }

  private static Optional<String> name(SSLEngine engine) {
    if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
      return session.getRequestedServerNames().stream()
          .filter(SNIHostName.class::isInstance)
          .map(name -> ((SNIHostName) name).getAsciiName().toLowerCase(Locale.ROOT))
          .findFirst();
    }
    return Optional.empty();
  }

  /// TLS 1.3 asks for "EC", 1.2 for "EC" or "RSA" by suite.
  private static boolean fits(TlsIdentity identity, String keyType) {
    var algorithm = identity.key().getAlgorithm();
    return keyType.equals(algorithm) || keyType.startsWith(algorithm + "_");
  }

  private String alias(TlsIdentity identity) {
    if (aliases.size() > VERSIONS_MAX) {
      aliases.clear();
      byAlias.clear();
    }
    var alias = aliases.computeIfAbsent(identity, _ -> "v" + number.incrementAndGet());
    byAlias.put(alias, identity);
    return alias;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    var identity = byAlias.get(alias);
    return identity == null ? null : identity.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    var identity = byAlias.get(alias);
    return identity == null ? null : identity.key();
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }
}
