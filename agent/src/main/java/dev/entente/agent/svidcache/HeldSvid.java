package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.SyncState;
import dev.entente.attestor.spi.SvidStore.StoredSvid;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An X509-SVID with its private key. Compared by identity; its text form names the id only.
public final class HeldSvid implements Held {
  private final AgentEntry entry;
  private final X509Svid svid;
  private final PrivateKey key;

  /// @param entry the entry as it stood when the SVID was ordered
  HeldSvid(AgentEntry entry, X509Svid svid, PrivateKey key) {
    this.entry = entry;
    this.svid = svid;
    this.key = key;
  }

  @Override
  public AgentEntry entry() {
    return entry;
  }

  /// The id of the entry that grants it.
  @Override
  public String entryId() {
    return entry.id();
  }

  /// The identity.
  @Override
  public SpiffeId spiffeId() {
    return svid.id();
  }

  /// Last moment of validity, included.
  @Override
  public Instant notAfter() {
    return svid.notAfter();
  }

  /// The chain, leaf first.
  public List<X509Certificate> chain() {
    return svid.chain();
  }

  /// The chain as the Workload API carries it: DER certificates one after the other, leaf first.
  public byte[] concatenatedChain() {
    return Certificates.concatenate(svid.chain());
  }

  /// The private key as unencrypted PKCS#8. For the workload it belongs to, and nobody else.
  public byte[] pkcs8RevealingPrivateKey() {
    return PrivateKeys.toPkcs8(key);
  }

  /// Everything a program needs to use it, with the bundles that belong to `now`.
  StoredSvid toStore(AgentEntry now, SyncState state) {
    var bundles = TrustBundles.of(state, List.of(now));
    Map<TrustDomain, List<X509Certificate>> federated = new HashMap<>();
    bundles.federated().forEach((domain, bundle) -> federated.put(domain, authorities(bundle)));
    return new StoredSvid(svid, key, authorities(bundles.own()), federated);
  }

  private static List<X509Certificate> authorities(SpiffeBundle bundle) {
    return bundle.x509Authorities().stream().map(X509Authority::certificate).toList();
  }

  @Override
  public Instant notBefore() {
    return svid.notBefore();
  }

  @Override
  public boolean isValidAt(Instant now) {
    return !now.isAfter(notAfter());
  }

  @Override
  public String toString() {
    return "HeldSvid[" + spiffeId() + ", entry=" + entry.id() + ", notAfter=" + notAfter() + "]";
  }
}
