package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.OPEN;
import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyStreamsTest {
  private static final int CONNECTIONS = 20;
  private static final int STREAMS_PER_CONNECTION = 500;
  private static final int STREAMS = CONNECTIONS * STREAMS_PER_CONNECTION;

  @TempDir private Path directory;

  @Test
  void servesTenThousandStreamsAndSignsOnceForAllOfThem() throws Exception {
    List<RpcClient> clients = new ArrayList<>();
    var messages = new Semaphore(0);
    try (var api =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", _ -> List.of(Selector.parse("unix:uid:1"))),
            withRoomFor(STREAMS))) {
      api.source.setEntries(entry("api", "unix:uid:1"));
      for (int i = 0; i < CONNECTIONS; i++) {
        var client = RpcClient.overUnixSocket(api.vertx, api.socket);
        clients.add(client);
        for (int j = 0; j < STREAMS_PER_CONNECTION; j++) {
          client.serverStream(
              SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
              X509SVIDRequest.getDefaultInstance(),
              OPEN,
              new Counting(messages));
        }
      }
      assertThat(messages.tryAcquire(STREAMS, 30, TimeUnit.SECONDS)).isTrue();
      assertThat(await(api.cache.counts()).groups()).isOne();

      api.clock.advance(Duration.ofMinutes(34));

      assertThat(messages.tryAcquire(STREAMS, 30, TimeUnit.SECONDS)).isTrue();
      assertThat(api.endpoint.openStreams()).isEqualTo(STREAMS);
      assertThat(api.source.signed()).hasSize(2);
      for (var client : clients) {
        await(client.close());
      }
    }
  }

  /// More than an agent allows by default: a user may have it, with a heap to match.
  private static WorkloadApiSettings withRoomFor(int streams) {
    var settings = WorkloadApiSettings.DEFAULT;
    return new WorkloadApiSettings(
        settings.allowUnauthenticatedVerifiers(),
        settings.allowedForeignJwtClaims(),
        settings.sds(),
        settings.profiles(),
        new WorkloadApiLimits(CONNECTIONS, CONNECTIONS, streams, streams));
  }

  private record Counting(Semaphore messages) implements ResponseListener<X509SVIDResponse> {
    @Override
    public void message(X509SVIDResponse message) {
      messages.release();
    }

    @Override
    public void end(RpcStatus status) {}
  }
}
