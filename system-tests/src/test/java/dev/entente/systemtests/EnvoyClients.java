package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// Eight clients that ask a proxy again and again until they are closed: half of them over new
/// connections between the proxies, half over kept ones. Every answer has to be right.
final class EnvoyClients implements AutoCloseable {
  private static final int COUNT = 8;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /// Each of them. More often, and the machine has no ports left for new connections.
  private static final Duration PERIOD = Duration.ofMillis(25);

  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(COUNT);
  private final List<Client> clients;
  private final List<ScheduledFuture<?>> running;

  EnvoyClients(EnvoyProcess proxy, String peer) {
    clients =
        IntStream.range(0, COUNT)
            .mapToObj(i -> new Client(proxy, i % 2 == 0 ? "/" : "/kept", peer))
            .toList();
    running =
        clients.stream()
            .<ScheduledFuture<?>>map(client ->
                threads.scheduleAtFixedRate(client, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS))
            .toList();
  }

  /// Waits until each that asks over new connections had that many answers with another certificate
  /// of the client each, and of the server, and each of the others was answered, all since now.
  void awaitCertificates(int count) {
    clients.forEach(Client::forget);
    Await.until(
        count + " certificates on both sides",
        LIMIT,
        () -> {
          requireNoFailure();
          return clients.stream().allMatch(client -> client.hasSeen(count));
        });
  }

  private void requireNoFailure() {
    for (var client : running) {
      if (client.isDone()) {
        try {
          client.get();
        } catch (ExecutionException e) {
          throw new AssertionError("a request was dropped", e.getCause());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted", e);
        }
      }
    }
  }

  @Override
  public void close() {
    requireNoFailure();
    running.forEach(client -> client.cancel(false));
    threads.close();
  }

  private static final class Client implements Runnable {
    private final EnvoyProcess proxy;
    private final String path;
    private final String peer;
    private final Set<String> ofClient = new HashSet<>();
    private final Set<String> ofServer = new HashSet<>();
    private int answers;

    Client(EnvoyProcess proxy, String path, String peer) {
      this.proxy = proxy;
      this.path = path;
      this.peer = peer;
    }

    @Override
    public void run() {
      var answer = proxy.ask(path);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-peer")).contains(peer);
      synchronized (this) {
        answers++;
        answer.headers().firstValue(EnvoyProcess.CLIENT_CERTIFICATE).ifPresent(ofClient::add);
        answer.headers().firstValue(EnvoyProcess.SERVER_CERTIFICATE).ifPresent(ofServer::add);
      }
    }

    synchronized void forget() {
      answers = 0;
      ofClient.clear();
      ofServer.clear();
    }

    synchronized boolean hasSeen(int count) {
      return path.equals("/kept")
          ? answers > 0
          : ofClient.size() >= count && ofServer.size() >= count;
    }
  }
}
