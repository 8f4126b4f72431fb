package dev.entente.broker.upstream;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who this process is to the upstream: the X.509-SVID that an agent's Workload API gives it, and
/// the bundle that came along.
///
/// One stream brings every rotation; when it ends it is opened again, after one second first and at
/// most thirty, or two while a start waits for the first SVID. What is held meanwhile serves until
/// it expires, unless the agent said that this process has no identity. Any thread may read.
final class WorkloadIdentity implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkloadIdentity.class);

  /// SPIFFE_Workload_Endpoint §6.
  private static final String WORKLOAD_HEADER = "workload.spiffe.io";

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /// While a start waits: it should not miss an entry that the agent has just learnt of.
  private static final Duration LONGEST_FIRST_PAUSE = Duration.ofSeconds(2);

  /// How long a start waits for a first SVID: an agent learns of a new entry within seconds.
  private static final Duration FIRST_WITHIN = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final TrustDomain trustDomain;
  private final InstantSource clock;
  private final RpcClient client;
  private final Runnable onChange;
  private final Promise<Void> settled = Promise.promise();

  /// Written on the client's event loop, and so are the fields after it but `closed`.
  private volatile Optional<WorkloadSvid> held = Optional.empty();

  private volatile String absence = "it was not asked yet";

  private volatile boolean closed;

  private Duration pause = FIRST_PAUSE;
  private String logged = "";

  /// An identity that is unknown until [#start()].
  ///
  /// @param onChange called after each answer that was taken
  WorkloadIdentity(
      Vertx vertx, Path socket, TrustDomain trustDomain, InstantSource clock, Runnable onChange) {
    this.vertx = vertx;
    this.trustDomain = trustDomain;
    this.clock = clock;
    this.client = RpcClient.overUnixSocket(vertx, socket);
    this.onChange = onChange;
  }

  void start() {
    vertx.setTimer(FIRST_WITHIN.toMillis(), _ -> settled.tryComplete());
    open();
  }

  /// Succeeds with the first SVID, or when it has been waited for long enough.
  Future<Void> settled() {
    return settled.future();
  }

  /// What to show in handshakes; empty before the first, and once it has expired.
  Optional<TlsIdentity> identity() {
    return held.filter(svid -> clock.instant().isBefore(svid.notAfter()))
        .map(WorkloadSvid::identity);
  }

  /// Whom to believe: the trust domain's bundle, as it came with the SVID.
  BundleSource bundles() {
    return domain -> held.map(WorkloadSvid::bundle).filter(bundle -> isOf(domain, bundle));
  }

  private static boolean isOf(TrustDomain domain, SpiffeBundle bundle) {
    return bundle.trustDomain().equals(domain);
  }

  /// Why there is no identity, in words.
  String absence() {
    return client.target() + ": " + absence;
  }

  private void open() {
    if (closed) {
      return;
    }
    var _ =
        client.serverStream(
            SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
            X509SVIDRequest.getDefaultInstance(),
            CallOptions.UNLIMITED.with(WORKLOAD_HEADER, "true"),
            new ResponseListener<X509SVIDResponse>() {
              @Override
              public void message(X509SVIDResponse answer) {
                take(answer);
              }

              @Override
              public void end(RpcStatus status) {
                ended(status);
              }
            });
  }

  /// An answer that is not right is not taken, and the one before goes on.
  private void take(X509SVIDResponse answer) {
    try {
      var svid = WorkloadSvid.read(answer, trustDomain, clock.instant());
      held = Optional.of(svid);
      pause = FIRST_PAUSE;
      logged = "";
      LOG.atInfo()
          .addKeyValue(Fields.SPIFFE_ID, svid.id())
          .addKeyValue(Fields.EXPIRES_AT, svid.notAfter())
          .log("Took the SVID for the upstream server");
      settled.tryComplete();
      onChange.run();
    } catch (IllegalArgumentException e) {
      missing("its answer cannot be used: " + e.getMessage());
    }
  }

  private void ended(RpcStatus status) {
    if (closed) {
      return;
    }
    if (status.code() == GrpcStatus.PERMISSION_DENIED) {
      held = Optional.empty();
    }
    missing(status.code().name() + ": " + status.message());
    vertx.setTimer(pause.toMillis(), _ -> open());
    var longest = settled.future().isComplete() ? LONGEST_PAUSE : LONGEST_FIRST_PAUSE;
    var next = pause.multipliedBy(2);
    pause = next.compareTo(longest) > 0 ? longest : next;
  }

  /// One line for one reason, until an answer was taken.
  private void missing(String reason) {
    absence = reason;
    if (!reason.equals(logged)) {
      logged = reason;
      LOG.atWarn()
          .addKeyValue(Fields.ADDRESS, client.target())
          .addKeyValue(Fields.REASON, reason)
          .log("Workload API gave no SVID for the upstream server");
    }
  }

  @Override
  public void close() {
    closed = true;
    var _ = client.close();
  }
}
