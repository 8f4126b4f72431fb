package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.RpcException;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.svid.v1.MintJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A broker whose data directory is on a file system that is full.
@DisplayName("A full disk")
final class FullDiskIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  /// The page that an audit segment ends in has room for a few lines more.
  private static final int LINES_OF_A_PAGE = 50;

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private final List<String> acknowledged = new ArrayList<>();

  @Test
  void refusesWritesAndIssuesNothingLosesNothingAndGoesOnWhenThereIsRoom() {
    var disk = TinyDisk.mount(sandbox, "disk", "8m");
    var broker =
        new BrokerProcess(sandbox, "broker").dataDir(disk.path()).below(disk.command()).start();
    create(broker, "/before");
    disk.fill();

    var write = untilRefused(() -> create(broker, "/full" + acknowledged.size()));
    var issue = untilRefused(() -> mint(broker));

    assertThat(write.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    // Whichever of the two needs a new page first.
    assertThat(write).hasMessageMatching(".*(store's disk is full|audit log cannot be written).*");
    assertThat(issue.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(issue).hasMessageContaining("audit log cannot be written");
    assertThat(broker.ready().orElseThrow())
        .satisfies(ready -> assertThat(ready.statusCode()).isEqualTo(503))
        .satisfies(ready -> assertThat(ready.body()).contains("audit log cannot be written"));
    assertThat(entries(broker)).as("still answered").isEqualTo(acknowledged);

    disk.makeRoom();

    Await.until("issuing again", SOON, () -> succeeds(() -> mint(broker)));
    create(broker, "/after");
    assertThat(broker.ready().orElseThrow().statusCode()).isEqualTo(200);
    assertThat(entries(broker)).isEqualTo(acknowledged);
    broker.kill();
    assertThat(entries(broker.start())).as("after a kill").isEqualTo(acknowledged);
    assertThat(broker.stop()).isZero();
    audited(disk, broker).value();
  }

  /// Creates an entry and notes that the broker said it did.
  private void create(BrokerProcess broker, String path) {
    acknowledged.add(
        broker.admin().createEntry(AdminApi.entry("/node", path, "unix:uid:1").build()));
    acknowledged.sort(String::compareTo);
  }

  private static List<String> entries(BrokerProcess broker) {
    return broker.admin().entries().stream().map(entry -> entry.getId()).sorted().toList();
  }

  private static void mint(BrokerProcess broker) {
    var request =
        MintJWTSVIDRequest.newBuilder().setId(AdminApi.id("/minted")).addAudience("a").build();
    assertThat(broker.admin().ask(SVIDGrpcClient.MintJWTSVID, request).getSvid().getToken())
        .isNotEmpty();
  }

  /// How a call is refused once the last page has no room for it.
  private static RpcException untilRefused(Runnable call) {
    for (var attempt = 0; attempt < LINES_OF_A_PAGE; attempt++) {
      var refusal = refusal(call);
      if (refusal.isPresent()) {
        return refusal.get();
      }
    }
    throw new AssertionError("not refused, " + LINES_OF_A_PAGE + " times");
  }

  private static boolean succeeds(Runnable call) {
    return refusal(call).isEmpty();
  }

  private static Optional<RpcException> refusal(Runnable call) {
    try {
      call.run();
      return Optional.empty();
    } catch (RpcException e) {
      return Optional.of(e);
    }
  }

  /// What the verifier says of the log that was cut short and went on.
  private Command.Result audited(TinyDisk disk, BrokerProcess broker) {
    var command = new ArrayList<>(List.of(disk.command()));
    var config = broker.directory().resolve("broker.yaml").toString();
    command.add(Distribution.launcher().toString());
    command.addAll(List.of("audit", "verify", "--config", config));
    return Command.run(sandbox, Map.of(), command);
  }
}
