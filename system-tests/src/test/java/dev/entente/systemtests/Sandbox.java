package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Everything a test makes outside its own memory: one short-named directory and all processes.
///
/// Registered as a field it lives for one test, as a static field for the class. Whatever a test
/// does, the processes are gone and the directory is removed at the end; if the test failed, their
/// logs are shown before.
final class Sandbox implements AfterEachCallback, AfterAllCallback {
  /// Below /tmp and short: a Unix socket's path may have 107 bytes, however long the checkout's is.
  private static final Path BASE = Path.of("/tmp");

  /// How much of a log is worth showing.
  private static final int SHOWN_CHARS = 12_000;

  private final boolean perClass;
  private final Loopback loopback = Loopback.fresh();
  private final Deque<Launched> launched = new ConcurrentLinkedDeque<>();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Thread lastResort = new Thread(this::abandon, "sandbox-last-resort");
  private Optional<Path> directory = Optional.empty();

  private Sandbox(boolean perClass) {
    this.perClass = perClass;
  }

  static Sandbox perTest() {
    return new Sandbox(false);
  }

  static Sandbox perClass() {
    return new Sandbox(true);
  }

  /// The sandbox's directory, made at the first call.
  synchronized Path directory() {
    if (directory.isEmpty()) {
      directory = Optional.of(newDirectory());
      Runtime.getRuntime().addShutdownHook(lastResort);
    }
    return directory.get();
  }

  private static Path newDirectory() {
    try {
      // Other users' workloads have to pass through it to the Workload API's socket.
      return Files.setPosixFilePermissions(
          Files.createTempDirectory(BASE, "ent-"), PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new UncheckedIOException("no sandbox made below " + BASE, e);
    }
  }

  /// A directory of that name inside, mode 0700.
  Path subdirectory(String name) {
    try {
      var path = directory().resolve(name);
      return Files.isDirectory(path)
          ? path
          : Files.createDirectory(
              path,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not made", e);
    }
  }

  /// `host:port` that nothing uses.
  String freeAddress() {
    return loopback.freeAddress();
  }

  Launched register(Launched process) {
    launched.addFirst(process);
    return process;
  }

  <C extends AutoCloseable> C register(C resource) {
    open.push(resource);
    return resource;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    if (context.getExecutionException().isPresent()) {
      showLogs(context.getDisplayName());
    }
    if (!perClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    if (context.getExecutionException().isPresent()) {
      showLogs(context.getDisplayName());
    }
    close();
  }

  private void showLogs(String test) {
    for (var process : launched) {
      var output = process.output();
      var from = Math.max(0, output.length() - SHOWN_CHARS);
      System.out.println("--- " + test + ": " + process + "\n" + output.substring(from));
    }
  }

  private synchronized void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
    killAll();
    if (directory.isPresent()) {
      remove(directory.get());
      directory = Optional.empty();
      Runtime.getRuntime().removeShutdownHook(lastResort);
    }
  }

  /// For a run that is ended from outside.
  private void abandon() {
    killAll();
    directory.ifPresent(path -> {
      try {
        remove(path);
      } catch (IOException e) {
        System.err.println("left behind: " + path + " (" + e + ")");
      }
    });
  }

  private void killAll() {
    launched.stream().filter(Launched::isAlive).forEach(Launched::kill);
    launched.clear();
  }

  private static void remove(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
