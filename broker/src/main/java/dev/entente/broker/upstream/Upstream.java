package dev.entente.broker.upstream;

import dev.entente.broker.authority.SpireUpstreamAuthority;
import dev.entente.broker.authority.UpstreamServer;
import dev.entente.runtime.Causes;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server above ours, while this broker runs.
///
/// While it cannot be reached, everything goes on with what is held; one line says so when it
/// begins, one every ten minutes, one when it is over.
public final class Upstream implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);

  private static final Duration REMINDER = Duration.ofMinutes(10);

  private final GrpcUpstreamServer server;
  private final InstantSource clock;

  /// When its bundle was last followed; written by ticks, of which one runs at a time, as is the
  /// field after it.
  private volatile Optional<Instant> followedAt = Optional.empty();

  private volatile Optional<Instant> loggedAt = Optional.empty();

  /// The server at `place`; nobody is asked before [#start()].
  public Upstream(Vertx vertx, UpstreamPlace place, TrustDomain trustDomain, InstantSource clock) {
    this.server = new GrpcUpstreamServer(vertx, place, trustDomain, clock);
    this.clock = clock;
  }

  /// Begins to learn who this process is.
  public void start() {
    server.start();
  }

  /// Who is asked for certificates.
  public UpstreamServer server() {
    return server;
  }

  /// Publishes the key of a broker below us there.
  public Future<Void> publish(JwtAuthority key) {
    return SpireUpstreamAuthority.publish(server, key);
  }

  /// Reads its bundle and hands it on. Never fails: the next one tries again.
  ///
  /// @param follow what follows it
  public Future<Void> tick(Function<SpiffeBundle, Future<Void>> follow) {
    return server
        .bundle()
        .compose(follow)
        .transform(done -> {
          if (done.succeeded()) {
            followed();
          } else {
            failed(done.cause());
          }
          return Future.succeededFuture();
        });
  }

  private void followed() {
    followedAt = Optional.of(clock.instant());
    if (loggedAt.isPresent()) {
      loggedAt = Optional.empty();
      LOG.atInfo()
          .addKeyValue(Fields.ADDRESS, server.address())
          .log("Followed the upstream server's bundle again");
    }
  }

  private void failed(Throwable cause) {
    var now = clock.instant();
    if (loggedAt.filter(last -> now.isBefore(last.plus(REMINDER))).isEmpty()) {
      loggedAt = Optional.of(now);
      LOG.atWarn()
          .addKeyValue(Fields.ADDRESS, server.address())
          .addKeyValue(Fields.ERROR, Causes.of(cause))
          .log("Upstream server's bundle was not followed, what is held goes on");
    }
  }

  /// How long ago its bundle was last followed; empty if it never was.
  public Optional<Duration> age() {
    return followedAt.map(at -> Duration.between(at, clock.instant()));
  }

  @Override
  public void close() {
    server.close();
  }
}
