package dev.entente.broker.api;

import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.time.Instant;

/// What a peer has proved by the way it connected.
public sealed interface Caller {
  /// For logs and audit: an id, or where the caller comes from.
  String name();

  /// TLS without a client certificate.
  ///
  /// @param address the peer's IP address
  record Anonymous(String address) implements Caller {
    @Override
    public String name() {
      return address;
    }
  }

  /// A process on the private Unix socket. It can never pass as an agent.
  record Local(long pid, long uid, long gid) implements Caller {
    @Override
    public String name() {
      return "local:uid=" + uid + ",pid=" + pid;
    }
  }

  /// TLS with an X.509-SVID that was verified in the handshake.
  ///
  /// @param serial the certificate's serial number
  /// @param notAfter the moment the certificate expires; a connection may outlive it
  record Identified(SpiffeId id, BigInteger serial, Instant notAfter, String address)
      implements Caller {
    @Override
    public String name() {
      return id.toString();
    }
  }
}
