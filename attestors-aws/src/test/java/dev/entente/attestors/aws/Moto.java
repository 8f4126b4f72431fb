package dev.entente.attestors.aws;

import dev.entente.attestor.spi.BoundedHttp;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;

/// A `moto_server`: AWS's services as Python has them, in a process of its own. A test that wants
/// one where there is none, or none that starts, is skipped and says why.
final class Moto implements AutoCloseable {
  private static final String COMMAND = "moto_server";
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final BoundedHttp HTTP = new BoundedHttp(Duration.ofSeconds(2), 1 << 20);

  private final Process process;
  private final URI endpoint;

  private Moto(Process process, URI endpoint) {
    this.process = process;
    this.endpoint = endpoint;
  }

  static Moto start(Path log) throws IOException {
    var program = program();
    Assumptions.assumeTrue(program.isPresent(), COMMAND + " is not on the PATH");
    int port = freePort();
    var process =
        new ProcessBuilder(
                program.get().toString(), "-H", "127.0.0.1", "-p", Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var moto = new Moto(process, URI.create("http://127.0.0.1:" + port));
    if (!moto.startsInTime()) {
      moto.close();
      Assumptions.abort(COMMAND + " did not start: " + Files.readString(log));
    }
    return moto;
  }

  private boolean startsInTime() {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (process.isAlive() && System.nanoTime() - end < 0) {
      try {
        return HTTP.send("GET", endpoint.resolve("/moto-api/data.json"), Map.of()).status() == 200;
      } catch (IOException _) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return false;
  }

  URI endpoint() {
    return endpoint;
  }

  private static Optional<Path> program() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, COMMAND))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
