package dev.entente.agent.workload;

import dev.entente.attestor.spi.WorkloadAttestor;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// What the kernel says of this test's own process, until the test says that it runs another
/// program.
public final class FakeProc {
  private final Path root;
  private final Path process;

  /// @param root an empty directory
  public FakeProc(Path root) throws IOException {
    this.root = root;
    var pid = Long.toString(ProcessHandle.current().pid());
    process = Files.createDirectories(root.resolve(pid));
    for (var file : new String[] {"stat", "status"}) {
      Files.write(process.resolve(file), Files.readAllBytes(Path.of("/proc/self", file)));
    }
    Files.writeString(process.resolve("exe"), "one program");
  }

  /// Has another executable, as after exec.
  public void become() throws IOException {
    // The first one stays, so that the second cannot have its number.
    Files.move(process.resolve("exe"), process.resolve("former"));
    Files.writeString(process.resolve("exe"), "another program");
  }

  /// Attestation of whoever connects, by what is said here.
  public WorkloadAttestation attestation(Vertx vertx, Map<String, WorkloadAttestor> attestors) {
    return new WorkloadAttestation(vertx, attestors, new ProcFs(root), Duration.ofSeconds(20));
  }
}
