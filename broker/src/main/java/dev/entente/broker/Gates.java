package dev.entente.broker;

import dev.entente.broker.BrokerConfig.Connections;
import dev.entente.runtime.BoundedPool;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.ConnectionLimits;
import dev.entente.runtime.Precedence;
import io.micrometer.core.instrument.MeterRegistry;

/// What bounds the strangers of a broker: a gate for each kind of listener, and the threads that
/// compute TLS handshakes and nothing else.
///
/// @param tcp in front of the gRPC listener for agents and remote administrators
/// @param local in front of the private socket
/// @param https in front of all HTTPS listeners together
/// @param handshakes computes the handshakes of both
record Gates(ConnectionGate tcp, ConnectionGate local, ConnectionGate https, BoundedPool handshakes)
    implements AutoCloseable {
  /// Administrators' programs hold a connection or two.
  private static final ConnectionLimits LOCAL = ConnectionLimits.of(1024, 256);

  /// About a second of work: a handshake has two or three pieces, and a core computes some thousand
  /// handshakes a second.
  private static final int HANDSHAKES_QUEUED_PER_THREAD = 2048;

  /// Half of the cores compute handshakes, at most: whoever is connected already finds the others,
  /// and comes first where cores are short.
  static Gates of(Connections limits, Precedence precedence) {
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    var handshakes =
        new BoundedPool(
            "tls-handshake", threads, threads * HANDSHAKES_QUEUED_PER_THREAD, precedence);
    var tcp = ConnectionLimits.withCertificates(limits.tcpMax(), limits.tcpPerPeerMax());
    var https = ConnectionLimits.of(limits.httpsMax(), limits.httpsPerAddressMax());
    return new Gates(
        new ConnectionGate("tcp", tcp, handshakes),
        new ConnectionGate("socket", LOCAL),
        new ConnectionGate("https", https, handshakes),
        handshakes);
  }

  void register(MeterRegistry meters) {
    tcp.register(meters);
    local.register(meters);
    https.register(meters);
    handshakes.register(meters);
  }

  @Override
  public void close() {
    handshakes.close();
  }
}
