package dev.entente.agent.node;

import dev.entente.agent.node.BrokerClient.PushListener;
import dev.entente.agent.node.BrokerClient.PushStream;
import dev.entente.agent.node.BrokerConnector.Credentials;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.runtime.Fields;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries calls to whichever broker can answer them.
///
/// All brokers of a trust domain know the same agents, so a call that one cannot answer goes to the
/// next with the same SVID; nothing is attested anew. The broker that pushes to us is asked first,
/// then the one that answered last, then the others; one that failed waits its turn. Everything
/// here runs on the node's context.
final class BrokerPool {
  /// Longest for one call over all brokers; a sync, being several calls, has it once as well.
  static final Duration CALL_LIMIT = Duration.ofSeconds(30);

  /// Longest for one broker while another could still be asked.
  private static final Duration TRY_LIMIT = Duration.ofSeconds(10);

  /// Longest for one attestation with one broker: it may have to look around itself, for instance
  /// to fetch an HTTP challenge from us.
  private static final Duration ATTEST_LIMIT = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(BrokerPool.class);

  private final NodeContext context;
  private final BrokerConnector connector;
  private final BrokerDirectory directory;
  private final Map<BrokerEndpoint, BrokerClient> clients = new HashMap<>();
  private @Nullable Credentials credentials;

  BrokerPool(NodeContext context, BrokerConnector connector, BrokerDirectory directory) {
    this.context = context;
    this.connector = connector;
    this.directory = directory;
  }

  /// Uses `next` for every connection from now on. Calls in flight keep the time of one call to end
  /// on their old connection.
  void present(Credentials next) {
    var old = List.copyOf(clients.values());
    clients.clear();
    credentials = next;
    if (!old.isEmpty()) {
      context.after(CALL_LIMIT, () -> old.forEach(BrokerClient::close));
    }
  }

  /// The broker that answered last.
  Optional<BrokerEndpoint> lastUsed() {
    return directory.lastUsed();
  }

  /// Asks brokers in turn until one answers, for at most [#CALL_LIMIT].
  ///
  /// @param what the call, as it shall stand in messages: `renewing the agent's SVID`
  <T> Future<T> call(String what, Function<BrokerClient, Future<T>> work) {
    var answer =
        directory
            .candidates()
            .compose(it -> attempt(new Attempt<>(what, this::client, work, CALL_LIMIT), it));
    return limited(what, CALL_LIMIT, answer);
  }

  /// Asks brokers in turn as [#call] does, each over a connection of its own that shows no
  /// certificate of ours and is closed afterwards.
  <T> Future<T> callUnattested(
      String what, Credentials credentials, Function<BrokerClient, Future<T>> work) {
    Function<BrokerClient, Future<T>> once =
        client -> work.apply(client).onComplete(_ -> client.close());
    Function<BrokerEndpoint, BrokerClient> fresh = it -> connector.connect(it, credentials);
    return directory
        .candidates()
        .compose(it -> attempt(new Attempt<>(what, fresh, once, ATTEST_LIMIT), it));
  }

  /// Opens a stream of changes with one broker, which is asked first for as long as it lasts. A
  /// broker that does not say where it stands in time is given up, and the listener hears of it.
  Future<PushStream> subscribe(PushPosition since, PushListener listener) {
    return directory
        .candidates()
        .map(candidates -> {
          var endpoint = candidates.getFirst();
          var client = client(endpoint);
          var stream = new Preferring(endpoint, client, listener);
          stream.over(client.subscribe(since, stream));
          return stream;
        });
  }

  /// Closes every connection.
  void close() {
    clients.values().forEach(BrokerClient::close);
    clients.clear();
  }

  /// @param limit for the last broker asked; those before it have [#TRY_LIMIT] at most
  private record Attempt<T>(
      String what,
      Function<BrokerEndpoint, BrokerClient> dial,
      Function<BrokerClient, Future<T>> work,
      Duration limit) {}

  private <T> Future<T> attempt(Attempt<T> attempt, List<BrokerEndpoint> candidates) {
    return attemptNext(attempt, candidates.iterator(), null);
  }

  private <T> Future<T> attemptNext(
      Attempt<T> attempt, Iterator<BrokerEndpoint> rest, @Nullable BrokerFault before) {
    var endpoint = rest.next();
    var client = attempt.dial().apply(endpoint);
    var limit = rest.hasNext() && attempt.limit().equals(CALL_LIMIT) ? TRY_LIMIT : attempt.limit();
    return limited(attempt.what(), limit, context.here(attempt.work().apply(client)))
        .onSuccess(_ -> directory.answered(endpoint))
        .recover(cause -> {
          var fault = BrokerFault.of(cause);
          if (!anotherMayDoBetter(fault)) {
            return Future.failedFuture(fault);
          }
          ailing(endpoint, client, fault);
          var worst = worse(before, fault);
          return rest.hasNext() ? attemptNext(attempt, rest, worst) : Future.failedFuture(worst);
        });
  }

  private static boolean anotherMayDoBetter(BrokerFault fault) {
    return switch (fault.kind()) {
      case UNAVAILABLE, TIMED_OUT, UNTRUSTED, INTERNAL -> true;
      case UNIMPLEMENTED, NOT_FOUND, DENIED, INVALID, EXHAUSTED -> false;
    };
  }

  /// The trust in all brokers is lost only if none failed for another reason.
  private static BrokerFault worse(@Nullable BrokerFault before, BrokerFault fault) {
    return before != null && fault.kind() == Kind.UNTRUSTED ? before : fault;
  }

  private BrokerClient client(BrokerEndpoint endpoint) {
    var shown = credentials;
    if (shown == null) {
      throw new IllegalStateException("a broker was called before the node was attested");
    }
    return clients.computeIfAbsent(endpoint, it -> connector.connect(it, shown));
  }

  private void ailing(BrokerEndpoint endpoint, BrokerClient client, BrokerFault fault) {
    LOG.atDebug()
        .addKeyValue(Fields.ADDRESS, endpoint)
        .addKeyValue(Fields.ERROR, fault.getMessage())
        .log("Broker could not answer");
    directory.failed(endpoint);
    if (clients.remove(endpoint, client)) {
      client.close();
    }
  }

  private <T> Future<T> limited(String what, Duration limit, Future<T> work) {
    Promise<T> promise = Promise.promise();
    var timer =
        context.after(
            limit,
            () ->
                promise.tryFail(
                    new BrokerFault(Kind.TIMED_OUT, what + " failed: no answer within " + limit)));
    work.onComplete(outcome -> {
      timer.cancel();
      if (outcome.succeeded()) {
        promise.tryComplete(outcome.result());
      } else {
        promise.tryFail(outcome.cause());
      }
    });
    return promise.future();
  }

  /// Passes a stream on, and remembers which broker it comes from.
  private final class Preferring implements PushListener, PushStream {
    private final BrokerEndpoint endpoint;
    private final BrokerClient client;
    private final PushListener listener;
    private @Nullable PushStream stream;
    private boolean live;
    private boolean over;

    Preferring(BrokerEndpoint endpoint, BrokerClient client, PushListener listener) {
      this.endpoint = endpoint;
      this.client = client;
      this.listener = listener;
    }

    void over(PushStream opened) {
      stream = opened;
      context.after(TRY_LIMIT, this::giveUpIfSilent);
    }

    private void giveUpIfSilent() {
      if (!live && !over) {
        closeStream();
        endedHere(
            new BrokerFault(
                Kind.TIMED_OUT, "the stream of changes did not begin within " + TRY_LIMIT));
      }
    }

    @Override
    public void message(PushMessage message) {
      context.run(() -> {
        if (!over) {
          live = true;
          directory.prefer(endpoint);
          listener.message(message);
        }
      });
    }

    @Override
    public void ended(BrokerFault why) {
      context.run(() -> endedHere(why));
    }

    /// A stream that was live may have ended because connections do not live for ever: that says
    /// nothing about the broker, and other calls may still be under way.
    private void endedHere(BrokerFault why) {
      if (over) {
        return;
      }
      over = true;
      directory.noLongerPrefer(endpoint);
      if (!live && anotherMayDoBetter(why)) {
        ailing(endpoint, client, why);
      }
      listener.ended(why);
    }

    @Override
    public void cancel() {
      over = true;
      directory.noLongerPrefer(endpoint);
      closeStream();
    }

    private void closeStream() {
      if (stream != null) {
        stream.cancel();
      }
    }
  }
}
