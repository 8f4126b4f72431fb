package dev.entente.cli;

import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.ListenAddress;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The server whose registry is taken over: on its private socket, or on TCP with the SVID of an
/// administrator from a Workload API.
final class RegistrySource {
  private static final String UNIX = "unix:";

  @Option(
      names = "--from",
      required = true,
      paramLabel = "unix:PATH|HOST:PORT",
      description =
          "The private socket of a running spire-server (or broker), or its TCP address: then this"
              + " process must be an administrator there, with the SVID its Workload API gives it.")
  private String from = "";

  @Option(
      names = "--endpoint",
      paramLabel = "URI",
      description =
          "With HOST:PORT: the Workload API that gives the SVID (default: $SPIFFE_ENDPOINT_SOCKET).")
  private @Nullable String endpoint;

  /// Prepares calls; each is waited for `timeout`.
  Calls open(Session session, Duration timeout) {
    return from.startsWith(UNIX)
        ? Calls.open(Calls.Peer.SOURCE, Path.of(socket()), timeout)
        : overTls(session, timeout);
  }

  /// `unix:/path` and `unix:///path` mean the same.
  private String socket() {
    var path = from.substring(UNIX.length());
    return path.startsWith("//") ? path.substring(2) : path;
  }

  private Calls overTls(Session session, Duration timeout) {
    ListenAddress address;
    try {
      address = ListenAddress.parse(from);
    } catch (IllegalArgumentException e) {
      throw Failure.usage("--from " + e.getMessage(), "write unix:/path/of/api.sock or host:port");
    }
    var mine = svid(session, timeout);
    try {
      return overTls(session, timeout, address, mine);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          ExitCode.FAILED,
          "the X509-SVID for --from could not be read",
          String.valueOf(e.getMessage()),
          "look at what the Workload API answers with: entente svid fetch");
    }
  }

  private static Calls overTls(
      Session session, Duration timeout, ListenAddress address, X509SVID mine) {
    var chain = X509Svid.parseConcatenated(mine.getX509Svid().toByteArray());
    var domain = chain.id().trustDomain();
    var authorities =
        Certificates.parseConcatenated(mine.getBundle().toByteArray()).stream()
            .map(X509Authority::of)
            .toList();
    var server = SpiffeId.of(domain, "/spire/server");
    var trust =
        new SvidTrustManager(
            BundleSource.of(SpiffeBundle.empty(domain).withX509Authorities(authorities)),
            server::equals,
            session.clock());
    var key = PrivateKeys.fromPkcs8(mine.getX509SvidKey().toByteArray());
    var identity = new TlsIdentity(key, chain.chain());
    return Calls.openTls(Calls.Peer.SOURCE, address, trust, identity, timeout);
  }

  private X509SVID svid(Session session, Duration timeout) {
    var place = WorkloadEndpoint.choose(Optional.ofNullable(endpoint), session.environment());
    try (var calls = workloadApi(place, timeout)) {
      var follower = new Follower<X509SVIDResponse>(calls.peer());
      calls.follow(
          SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
          X509SVIDRequest.getDefaultInstance(),
          follower);
      return Follower.firstSvid(follower, timeout);
    }
  }

  private static Calls workloadApi(WorkloadEndpoint place, Duration timeout) {
    return switch (place) {
      case WorkloadEndpoint.Unix(var path) -> Calls.open(Calls.Peer.WORKLOAD_API, path, timeout);
      case WorkloadEndpoint.Tcp(var address, var port) ->
          Calls.openTcp(Calls.Peer.WORKLOAD_API, address, port, timeout);
    };
  }
}
