package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.rpc.RpcClient;
import dev.entente.runtime.Health;
import dev.entente.runtime.LogLevel;
import dev.entente.runtime.Version;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.entente.agent.v1.GetStatusRequest;
import dev.entente.wire.entente.agent.v1.OperationsGrpcClient;
import dev.entente.wire.entente.agent.v1.StatusResponse;
import dev.entente.wire.spire.agent.debug.v1.DebugGrpcClient;
import dev.entente.wire.spire.agent.debug.v1.GetInfoRequest;
import dev.entente.wire.spire.agent.logger.v1.GetLoggerRequest;
import dev.entente.wire.spire.agent.logger.v1.LoggerGrpcClient;
import dev.entente.wire.spire.agent.logger.v1.ResetLogLevelRequest;
import dev.entente.wire.spire.agent.logger.v1.SetLogLevelRequest;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminEndpointTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Version VERSION = new Version("1.2.3", "unknown", "25", Optional.empty());

  @TempDir private Path directory;

  private final ManualClock clock = ManualClock.atPresent();
  private final FakeIdentitySource source = new FakeIdentitySource(clock);
  private final Levels levels = new Levels();

  private volatile Health health = Health.notReady("the Workload API is not open");

  private Vertx vertx;
  private SvidCache cache;
  private WorkloadAttestation attestation;
  private AdminEndpoint.Listening listening;
  private RpcClient client;
  private Path socket;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    cache =
        new SvidCache(
            vertx, source, SvidCacheSettings.DEFAULT, clock, RandomGenerator.getDefault());
    await(cache.start());
    socket = directory.resolve("admin.sock");
    attestation = new WorkloadAttestation(vertx, Map.of());
    var endpoint =
        new AdminEndpoint(
            vertx,
            source,
            cache,
            () -> 3,
            attestation,
            Set.of(),
            () -> health,
            clock,
            VERSION,
            levels);
    listening = await(endpoint.listen(socket));
    client = RpcClient.overUnixSocket(vertx, socket);
  }

  @AfterEach
  void stop() throws Exception {
    await(client.close());
    await(listening.close());
    attestation.close();
    await(cache.stop());
    await(vertx.close());
  }

  @Test
  void tellsUptimeAndLastSync() throws Exception {
    clock.advance(Duration.ofSeconds(42));
    source.setEntries(entry("api", "unix:uid:1"));

    var info =
        await(client.unary(DebugGrpcClient.GetInfo, GetInfoRequest.getDefaultInstance(), LIMIT));

    assertThat(info.getUptime()).isEqualTo(42);
    assertThat(info.getCachedSvidstoreX509SvidsCount()).isEqualTo(3);
    assertThat(info.getLastSyncSuccess()).isEqualTo(clock.instant().getEpochSecond());
  }

  @Test
  void readsChangesAndResetsTheLogLevel() throws Exception {
    assertThat(levelAfter("get")).isEqualTo("INFO INFO");
    assertThat(levelAfter("DEBUG")).isEqualTo("DEBUG INFO");
    assertThat(levelAfter("FATAL")).isEqualTo("ERROR INFO");
    assertThat(levelAfter("reset")).isEqualTo("INFO INFO");
    assertThat(levels.level).isEqualTo(LogLevel.INFO);
  }

  @Test
  void refusesALogLevelThatIsNone() {
    var call =
        client.unary(LoggerGrpcClient.SetLogLevel, SetLogLevelRequest.getDefaultInstance(), LIMIT);

    assertThat(WorkloadApiFixture.codeOf(call)).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void saysWhetherItIsReadyAndWhyNot() throws Exception {
    var before = status();
    assertThat(before.getReady()).isFalse();
    assertThat(before.getReason()).isEqualTo("the Workload API is not open");

    source.setEntries(entry("api", "unix:uid:1"));
    assertThat(status().getReady()).as("synced, but nobody could connect").isFalse();
    health = Health.ready();

    var after = status();
    assertThat(after.getReady()).isTrue();
    assertThat(after.getReason()).isEmpty();
    assertThat(after.getTrustDomain()).isEqualTo("example.org");
    assertThat(after.getVersion()).isEqualTo("1.2.3");
    assertThat(after.getBrokerAddress()).isEqualTo("127.0.0.1:8081");
    assertThat(after.getEntries()).isEqualTo(1);
  }

  @Test
  void isOpenToOwnerAndGroupOnly() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rwxrwx---");
  }

  private StatusResponse status() throws Exception {
    return await(
        client.unary(OperationsGrpcClient.GetStatus, GetStatusRequest.getDefaultInstance(), LIMIT));
  }

  private String levelAfter(String action) throws Exception {
    var call =
        switch (action) {
          case "get" ->
              client.unary(
                  LoggerGrpcClient.GetLogger, GetLoggerRequest.getDefaultInstance(), LIMIT);
          case "reset" ->
              client.unary(
                  LoggerGrpcClient.ResetLogLevel, ResetLogLevelRequest.getDefaultInstance(), LIMIT);
          default ->
              client.unary(
                  LoggerGrpcClient.SetLogLevel,
                  SetLogLevelRequest.newBuilder()
                      .setNewLevel(dev.entente.wire.spire.types.LogLevel.valueOf(action))
                      .build(),
                  LIMIT);
        };
    var logger = await(call);
    return logger.getCurrentLevel() + " " + logger.getLaunchLevel();
  }

  private static final class Levels implements LogLevels {
    private volatile LogLevel level = LogLevel.INFO;

    @Override
    public LogLevel current() {
      return level;
    }

    @Override
    public void change(LogLevel newLevel) {
      level = newLevel;
    }
  }
}
