package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.entente.agent.v1.OperationsGrpcService;
import dev.entente.wire.entente.broker.v1.StatusResponse;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `entente doctor`, of which only the checks of daemons are alike on every machine.
class DoctorCommandTest {
  private static final StatusResponse BROKER =
      StatusResponse.newBuilder()
          .setReady(true)
          .setTrustDomain("example.org")
          .setVersion("1.2.3")
          .build();

  private static final dev.entente.wire.entente.agent.v1.StatusResponse AGENT =
      dev.entente.wire.entente.agent.v1.StatusResponse.newBuilder()
          .setReady(true)
          .setSpiffeId("spiffe://example.org/spire/agent/a")
          .setVersion("1.2.4")
          .build();

  @TempDir Path directory;

  private final Map<String, String> environment = new HashMap<>();
  private final TestAuthority authority = TestAuthority.of("example.org");
  private Path socket;
  private FakeWorkloadApi api;

  @BeforeEach
  void start() {
    socket = directory.resolve("daemons.sock");
    environment.put("ENTENTE_BROKER_SOCKET", socket.toString());
    environment.put("ENTENTE_AGENT_SOCKET", socket.toString());
    api = FakeWorkloadApi.at(directory.resolve("api.sock"));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  /// Both daemons at one place: their services have names of their own.
  private FakeBroker daemons(
      Consumer<FakeBroker.Methods> broker, Consumer<FakeBroker.Methods> agent) {
    return FakeBroker.at(
        socket,
        s ->
            s.service(
                    dev.entente.wire.entente.broker.v1.OperationsGrpcService.SERVICE_DESCRIPTOR,
                    broker)
                .service(OperationsGrpcService.SERVICE_DESCRIPTOR, agent));
  }

  private static void healthyBroker(FakeBroker.Methods methods) {
    broker(methods, BROKER);
  }

  private static void broker(FakeBroker.Methods methods, StatusResponse status) {
    methods.answer(dev.entente.wire.entente.broker.v1.OperationsGrpcService.GetStatus, status);
  }

  private static void healthyAgent(FakeBroker.Methods methods) {
    methods.answer(OperationsGrpcService.GetStatus, AGENT);
  }

  private Console console() {
    return new Console(Terminal.NONE, environment);
  }

  @Test
  void findsEverythingWell() {
    environment.put("SPIFFE_ENDPOINT_SOCKET", api.endpoint());
    var svid = FakeWorkloadApi.svid(authority, authority.issue("/web"), "");
    api.then(out -> out.send(X509SVIDResponse.newBuilder().addSvids(svid).build()));
    var console = console();

    try (var _ = daemons(DoctorCommandTest::healthyBroker, DoctorCommandTest::healthyAgent)) {
      assertThat(console.run("doctor")).isZero();
    }

    assertThat(console.out()).startsWith("CHECK ").doesNotContain("broken");
    assertThat(console.out().lines().map(line -> line.replaceAll(" {2,}", " ")))
        .contains(
            "broker ok example.org, 1.2.3",
            "agent ok spiffe://example.org/spire/agent/a, 1.2.4",
            "workload api ok this process is spiffe://example.org/web");
  }

  @Test
  void findsDaemonsThatAreNotReadyOrRefuse() throws Exception {
    environment.put("SPIFFE_ENDPOINT_SOCKET", api.endpoint());
    api.thenFail(GrpcStatus.PERMISSION_DENIED, "no identity issued");
    var away = BROKER.toBuilder().setReady(false).setReason("the store is away").build();
    var console = console();

    try (var _ =
        daemons(
            m -> broker(m, away),
            m ->
                m.refuse(
                    OperationsGrpcService.GetStatus, GrpcStatus.PERMISSION_DENIED, "not you"))) {
      assertThat(console.run("doctor", "-o", "json")).isEqualTo(1);
    }

    assertThat(console.out()).startsWith("{\n  \"checks\" : [");
    assertThat(found(console, "broker")).isEqualTo("broken: not ready: the store is away");
    assertThat(found(console, "agent")).isEqualTo("broken: the agent refused: not you");
    assertThat(found(console, "workload api"))
        .isEqualTo("ok: it answers; no entry fits this process");
  }

  @ParameterizedTest
  @MethodSource("answersThatMakeNoSense")
  void findsAWorkloadApiBrokenThatAnswersWhatMakesNoSense(X509SVIDResponse answer, String found)
      throws Exception {
    environment.put("SPIFFE_ENDPOINT_SOCKET", api.endpoint());
    api.then(out -> out.send(answer));
    var console = console();

    assertThat(console.run("doctor", "-o", "json")).isEqualTo(1);

    assertThat(found(console, "workload api")).startsWith(found);
  }

  static Stream<Arguments> answersThatMakeNoSense() {
    var garbage = X509SVID.newBuilder().setX509Svid(ByteString.copyFromUtf8("garbage"));
    return Stream.of(
        arguments(
            X509SVIDResponse.getDefaultInstance(),
            "broken: the Workload API told of no identity: its answer holds no X.509-SVID"),
        arguments(
            X509SVIDResponse.newBuilder().addSvids(garbage).build(),
            "broken: its answer was not read: "));
  }

  @Test
  void tellsWhatIsAbsentFromWhatIsBroken() throws Exception {
    Files.createFile(socket);
    environment.put("ENTENTE_AGENT_SOCKET", directory.resolve("none").toString());
    var console = console();

    assertThat(console.run("doctor", "-o", "json")).isEqualTo(1);

    assertThat(found(console, "broker")).startsWith("broken: no answer from the broker: ");
    assertThat(found(console, "agent")).isEqualTo("absent: no socket " + directory + "/none");
    assertThat(found(console, "workload api"))
        .isEqualTo("absent: SPIFFE_ENDPOINT_SOCKET is not set");
  }

  @Test
  void saysNoMoreThanIsKnownOfACause() throws Exception {
    environment.put("SPIFFE_ENDPOINT_SOCKET", "api.sock");
    var console = console();

    try (var _ =
        daemons(
            m ->
                m.refuse(
                    dev.entente.wire.entente.broker.v1.OperationsGrpcService.GetStatus,
                    GrpcStatus.INTERNAL,
                    "internal"),
            DoctorCommandTest::healthyAgent)) {
      assertThat(console.run("doctor", "-o", "json")).isEqualTo(1);
    }

    assertThat(found(console, "broker")).isEqualTo("broken: internal");
    assertThat(found(console, "workload api")).startsWith("broken: ").doesNotEndWith(": ");
  }

  /// `result: detail` of a check in JSON.
  private static String found(Console console, String check) throws Exception {
    for (var one : new ObjectMapper().readTree(console.out()).get("checks")) {
      if (one.get("check").asText().equals(check)) {
        return one.get("result").asText() + ": " + one.get("detail").asText();
      }
    }
    return "not checked";
  }
}
