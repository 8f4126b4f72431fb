package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Shows by the kernel's own record that what is acknowledged was flushed first: SIGKILL loses no
/// page cache, so killing alone would not notice a missing fsync.
///
/// Skipped, and reported as skipped, where `strace` is missing or forbidden.
@DisplayName("Flushes between request and answer")
final class SyscallTraceIT {
  private static final String WAL = "entente.db-wal";
  private static final Duration TRACE_LIMIT = Duration.ofSeconds(30);

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @BeforeEach
  void requireStrace() {
    assumeTrue(SyscallTrace.isPossible(), "strace is missing or may not trace here");
  }

  @Test
  void aBrokerFlushesStoreKeysAndAuditBeforeItAnswers() {
    var trace = new SyscallTrace(sandbox.directory().resolve("broker.trace"));
    var broker = new BrokerProcess(sandbox, "broker").below(trace.command()).start();
    var admin = broker.admin();
    var data = broker.dataDir();
    var request = Signatures.certificateRequest();
    admin.entries();

    var entry =
        during(
            trace,
            () ->
                admin.createEntry(
                    AdminApi.entry("/spire/agent/x509pop/nobody", "/web", "unix:uid:1000")
                        .build()));
    var token = during(trace, admin::joinToken);
    var rotation =
        during(
            trace,
            () ->
                admin.ask(
                    LocalAuthorityGrpcClient.PrepareX509Authority,
                    PrepareX509AuthorityRequest.getDefaultInstance()));
    var signature =
        during(
            trace,
            () ->
                admin.ask(
                    SVIDGrpcClient.MintX509SVID,
                    MintX509SVIDRequest.newBuilder().setCsr(request).build()));

    assertThat(entry).as("entry written").contains(data.resolve(WAL).toString());
    assertThat(token).as("join token made").contains(data.resolve(WAL).toString());
    assertThat(rotation).as("journal of a rotation").contains(data.resolve(WAL).toString());
    var keys = data.resolve("keys");
    assertThat(rotation)
        .as("key file, then its directory, then the journal")
        .containsSubsequence(keys.toString(), data.resolve(WAL).toString())
        .anyMatch(path -> path.startsWith(keys + "/"));
    assertThat(signature)
        .as("audit record of a signature")
        .anyMatch(path -> path.startsWith(data.resolve("audit") + "/"));
  }

  @Test
  void aFreshStoreIsInItsDirectoryForCertainBeforeTheBrokerIsReady() {
    var trace = new SyscallTrace(sandbox.directory().resolve("broker.trace"));
    var broker = new BrokerProcess(sandbox, "broker").below(trace.command()).start();

    var flushed = trace.all().stream().map(SyscallTrace.Sync::path).toList();

    var data = broker.dataDir();
    assertThat(flushed)
        .contains(
            broker.directory().toString(),
            data.toString(),
            data.resolve("keys").toString(),
            data.resolve("audit").toString());
  }

  @Test
  void anAgentFlushesItsKeyBeforeItAttestsAndItsSvidBeforeItServes() {
    var trace = new SyscallTrace(sandbox.directory().resolve("agent.trace"));
    var broker = new BrokerProcess(sandbox, "broker").start();
    var agent =
        new AgentProcess(sandbox, "agent", broker)
            .joinToken(broker.admin().joinToken())
            .below(trace.command())
            .start();

    var flushed = trace.all().stream().map(SyscallTrace.Sync::path).toList();

    assertThat(flushesOf(agent.dataDir(), flushed))
        .as("file and directory, for the key and again for the SVID")
        .hasSizeGreaterThanOrEqualTo(4)
        .contains(agent.dataDir().toString());
  }

  private static List<String> flushesOf(Path directory, List<String> flushed) {
    return flushed.stream().filter(path -> path.startsWith(directory.toString())).toList();
  }

  /// What was flushed between asking and the answer. The tracer may write its file a moment later.
  private List<String> during(SyscallTrace trace, Runnable question) {
    var from = Instant.now();
    question.run();
    var to = Instant.now();
    Await.until("trace of the call", TRACE_LIMIT, () -> !trace.between(from, to).isEmpty());
    return trace.between(from, to).stream().map(SyscallTrace.Sync::path).toList();
  }
}
