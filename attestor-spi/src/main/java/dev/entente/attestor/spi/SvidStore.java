package dev.entente.attestor.spi;

import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import java.io.IOException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;

/// Keeps X.509-SVIDs where programs find them that cannot ask the Workload API: a file, a secret of
/// a cloud.
///
/// An entry that is marked so (`store_svid`) has selectors of one type only: that names the store,
/// and their values say where in it. Methods may block; they are called one after the other, off
/// event loops and bounded in time.
public interface SvidStore {
  /// Puts `svid` where `place` says, instead of what was there.
  ///
  /// @param place the values of the entry's selectors, sorted
  /// @throws IllegalArgumentException if this store cannot make sense of `place`; asking again is
  ///   of no use
  /// @throws IOException if it could not be put there now
  void put(List<String> place, StoredSvid svid) throws IOException, InterruptedException;

  /// Removes what was put there, if it is still there; fails as [#put(List, StoredSvid)].
  void delete(List<String> place) throws IOException, InterruptedException;

  /// What a program needs to use an identity.
  ///
  /// @param key the secret
  /// @param authorities of the SVID's own trust domain
  /// @param federated authorities of the trust domains the entry federates with
  record StoredSvid(
      X509Svid svid,
      PrivateKey key,
      List<X509Certificate> authorities,
      Map<TrustDomain, List<X509Certificate>> federated) {
    public StoredSvid {
      authorities = List.copyOf(authorities);
      federated = Map.copyOf(federated);
    }

    @Override
    public String toString() {
      return "StoredSvid[" + svid.id() + "]";
    }
  }

  /// Makes an [SvidStore]; found through [java.util.ServiceLoader].
  interface Provider {
    /// The type of the selectors that name it, such as `file`.
    String type();

    /// Builds the store; mistakes in `settings` are reported there.
    SvidStore create(AttestorSettings settings);
  }
}
