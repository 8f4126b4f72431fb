package dev.entente.rpc;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Shows whichever SVID is current when a handshake asks, so that rotation needs no restart.
///
/// JSSE asks for an alias, then for key and chain under it. The alias names one identity, so that a
/// rotation between the two questions cannot pair a key with another's chain.
final class SvidKeyManager extends X509ExtendedKeyManager {
  private final Supplier<Optional<TlsIdentity>> source;
  private final AtomicReference<Held> current = new AtomicReference<>();
  private final ConcurrentHashMap<String, TlsIdentity> held = new ConcurrentHashMap<>();

  private record Held(String alias, TlsIdentity identity, @Nullable String previous, long number) {}

  SvidKeyManager(Supplier<Optional<TlsIdentity>> source) {
    this.source = source;
  }

  /// Names the current identity; the one before stays findable for handshakes under way.
  private @Nullable String alias() {
    TlsIdentity now = source.get().orElse(null);
    if (now == null) {
      return null;
    }
    Held last = current.get();
    if (last != null && last.identity().equals(now)) {
      return last.alias();
    }
    return advance(now);
  }

  private synchronized String advance(TlsIdentity now) {
    Held last = current.get();
    if (last != null && last.identity().equals(now)) {
      return last.alias();
    }
    long number = last == null ? 0 : last.number() + 1;
    String alias = "svid-" + number;
    held.put(alias, now);
    if (last != null && last.previous() != null) {
      held.remove(last.previous());
    }
    current.set(new Held(alias, now, last == null ? null : last.alias(), number));
    return alias;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return matching(keyType);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    for (String keyType : keyTypes) {
      String alias = matching(keyType);
      if (alias != null) {
        return alias;
      }
    }
    return null;
  }

  private @Nullable String matching(String keyType) {
    String alias = alias();
    PrivateKey key = alias == null ? null : getPrivateKey(alias);
    // JSSE asks for "EC", "RSA", "RSASSA-PSS" or "EdDSA"; an RSA key serves the PSS schemes as
    // well.
    return key != null && keyType.startsWith(key.getAlgorithm()) ? alias : null;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    TlsIdentity identity = held.get(alias);
    return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    TlsIdentity identity = held.get(alias);
    return identity == null ? null : identity.key();
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }
}
