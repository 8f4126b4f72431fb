package dev.entente.agent.node;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// What an agent asks one broker, over one connection.
///
/// The connection is opened with the first call and again when it was lost. Every call ends within
/// the client's own time limit, and fails only with a [BrokerFault]. Futures may complete on any
/// thread.
interface BrokerClient {
  /// Shows evidence and gets an SVID for the key in the order's CSR. The only call beside
  /// [#bundle()] that works without a client certificate.
  ///
  /// @param respond answers a challenge of the broker
  Future<Attested> attest(AttestOrder order, Function<byte[], Future<byte[]>> respond);

  /// Gets a new SVID for the key in `csr`, a PKCS#10 request in DER.
  Future<List<X509Certificate>> renew(byte[] csr);

  /// Reads the bundle of the broker's own trust domain.
  Future<SpiffeBundle> bundle();

  /// Reads the bundle of another trust domain; empty if the broker has none.
  Future<Optional<SpiffeBundle>> federatedBundle(TrustDomain trustDomain);

  /// Says what this agent is.
  Future<Void> postStatus(String agentVersion);

  /// Reads the complete authorised set, taking from `known` what has not changed.
  Future<Map<String, AgentEntry>> syncEntries(Map<String, AgentEntry> known);

  /// Reads the named entries; what is not this agent's is left out.
  Future<List<AgentEntry>> fetchEntries(Collection<String> ids);

  /// Has at most 500 SVIDs signed; one answer for each order, in order.
  Future<List<IssuedSvid>> issueX509(List<X509Order> orders);

  /// Has at most 500 WIT-SVIDs signed; one answer for each order, in order.
  Future<List<IssuedWit>> issueWit(List<WitOrder> orders);

  /// Has one JWT-SVID signed.
  Future<IssuedJwt> issueJwt(String entryId, List<String> audience);

  /// Opens the stream of changes after `since`. The stream has no time limit; its end, whatever the
  /// reason, is told to the listener once.
  PushStream subscribe(PushPosition since, PushListener listener);

  /// Closes the connection; calls in flight fail.
  void close();

  /// What goes out first in an attestation.
  ///
  /// @param type the attestation type
  /// @param payload the evidence; never empty
  record AttestOrder(String type, byte[] payload, byte[] csr) {}

  /// The outcome of an attestation.
  ///
  /// @param chain the agent's SVID, leaf first
  /// @param reattestable whether the node may attest again at any time
  record Attested(List<X509Certificate> chain, boolean reattestable) {
    public Attested {
      chain = List.copyOf(chain);
    }
  }

  /// Hears what a stream brings.
  interface PushListener {
    void message(PushMessage message);

    /// The stream is over; a clean end counts as [BrokerFault.Kind#UNAVAILABLE].
    void ended(BrokerFault why);
  }

  /// An open stream of changes.
  interface PushStream {
    /// Ends the stream; the listener hears no more.
    void cancel();
  }
}
