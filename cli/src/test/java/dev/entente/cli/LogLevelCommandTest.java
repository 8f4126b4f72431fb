package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.entente.wire.spire.server.logger.v1.GetLoggerRequest;
import dev.entente.wire.spire.server.logger.v1.LoggerGrpcService;
import dev.entente.wire.spire.server.logger.v1.ResetLogLevelRequest;
import dev.entente.wire.spire.server.logger.v1.SetLogLevelRequest;
import dev.entente.wire.spire.types.LogLevel;
import dev.entente.wire.spire.types.Logger;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `entente broker log-level` and `entente agent log-level`.
class LogLevelCommandTest {
  @TempDir Path directory;

  private final Console console = new Console();

  /// Both daemons at one place: their services have names of their own.
  private FakeBroker daemon;

  @BeforeEach
  void start() {
    daemon =
        FakeBroker.at(
            directory.resolve("d.sock"),
            s ->
                s.service(
                        LoggerGrpcService.SERVICE_DESCRIPTOR,
                        m ->
                            m.answer(LoggerGrpcService.GetLogger, at(LogLevel.INFO))
                                .answer(LoggerGrpcService.SetLogLevel, at(LogLevel.DEBUG))
                                .answer(LoggerGrpcService.ResetLogLevel, at(LogLevel.WARN)))
                    .service(
                        dev.entente.wire.spire.agent.logger.v1.LoggerGrpcService.SERVICE_DESCRIPTOR,
                        LogLevelCommandTest::agent));
  }

  private static void agent(FakeBroker.Methods methods) {
    methods
        .answer(
            dev.entente.wire.spire.agent.logger.v1.LoggerGrpcService.GetLogger, at(LogLevel.INFO))
        .answer(
            dev.entente.wire.spire.agent.logger.v1.LoggerGrpcService.SetLogLevel,
            at(LogLevel.DEBUG))
        .answer(
            dev.entente.wire.spire.agent.logger.v1.LoggerGrpcService.ResetLogLevel,
            at(LogLevel.WARN));
  }

  private static Logger at(LogLevel level) {
    return Logger.newBuilder().setCurrentLevel(level).setLaunchLevel(LogLevel.WARN).build();
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  /// @param asked what the daemon hears
  /// @param printed what it answered
  record Row(List<String> words, Message asked, String printed) {}

  static Stream<Row> rows() {
    return Stream.of(
        new Row(List.of("broker", "log-level"), GetLoggerRequest.getDefaultInstance(), "info"),
        new Row(
            List.of("broker", "log-level", "debug"),
            SetLogLevelRequest.newBuilder().setNewLevel(LogLevel.DEBUG).build(),
            "debug"),
        new Row(
            List.of("broker", "log-level", "--reset"),
            ResetLogLevelRequest.getDefaultInstance(),
            "warn"),
        new Row(
            List.of("agent", "log-level"),
            dev.entente.wire.spire.agent.logger.v1.GetLoggerRequest.getDefaultInstance(),
            "info"),
        new Row(
            List.of("agent", "log-level", "debug"),
            dev.entente.wire.spire.agent.logger.v1.SetLogLevelRequest.newBuilder()
                .setNewLevel(LogLevel.DEBUG)
                .build(),
            "debug"),
        new Row(
            List.of("agent", "log-level", "--reset"),
            dev.entente.wire.spire.agent.logger.v1.ResetLogLevelRequest.getDefaultInstance(),
            "warn"));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void asksTheDaemonAndShowsTheLevelItHasNow(Row row) {
    assertThat(console.runAt(daemon.socket(), row.words().toArray(String[]::new))).isZero();

    assertThat(console.out()).isEqualTo(row.printed() + "\n");
    assertThat(daemon.asked).containsExactly(row.asked());
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "agent"})
  void refusesALevelThatIsNoneWithoutAsking(String noun) {
    assertThat(console.runAt(daemon.socket(), noun, "log-level", "loud")).isEqualTo(2);

    assertThat(console.err()).startsWith("error[USAGE]: ").contains("loud");
    assertThat(daemon.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "agent"})
  void refusesALevelBesideAResetWithoutAsking(String noun) {
    assertThat(console.runAt(daemon.socket(), noun, "log-level", "debug", "--reset")).isEqualTo(2);

    assertThat(console.err())
        .startsWith("error[USAGE]: --reset and a level exclude each other: \"debug\"");
    assertThat(daemon.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "agent"})
  void refusesToWaitForNoTimeAtAll(String noun) {
    assertThat(console.runAt(daemon.socket(), noun, "log-level", "--timeout", "0ms")).isEqualTo(2);

    assertThat(console.err()).startsWith("error[USAGE]: --timeout of 0s is too short");
    assertThat(daemon.asked).isEmpty();
  }

  @Test
  void saysThatNoAgentListens() {
    assertThat(console.runAt(directory.resolve("none"), "agent", "log-level")).isEqualTo(7);

    assertThat(console.err()).contains("no answer from the agent", "there is no socket");
  }
}
