package dev.entente.cli.quickstart;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// Runs the quickstart: its directory, its processes, and its end, whichever way it comes.
public final class Quickstart {
  private static final int TAIL_LINES = 25;
  private static final int EXIT_INTERRUPTED = 130;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Options options;
  private final Consumer<String> out;
  private final Consumer<String> lastWords;
  private final Path directory;
  private final Children children = new Children();
  private final Thread onSignal = Thread.ofPlatform().name("quickstart-end").unstarted(this::ended);

  /// Whether every step passed, so that the end is only somebody's wish.
  private volatile boolean told;

  /// Whether a signal came; then nothing is printed but by [#ended()], and nobody else cleans up.
  private volatile boolean ending;

  /// What to run.
  ///
  /// @param home the distribution's directory
  /// @param directory where to keep everything; a passing one below `/tmp` if empty
  /// @param check whether to end after the last step
  public record Options(Path home, Optional<Path> directory, boolean check) {}

  private Quickstart(Options options, Consumer<String> out, Path directory) {
    this.options = options;
    this.out =
        line -> {
          if (!ending) {
            out.accept(line);
          }
        };
    this.lastWords = out;
    this.directory = directory;
  }

  /// Runs it and prints line by line; returns whether every step passed. Without `check` it does
  /// not return after a success: the process ends with a signal, and with 0.
  ///
  /// @throws IOException if the directory cannot be used; nothing was started then
  public static boolean run(Options options, Consumer<String> out)
      throws IOException, InterruptedException {
    var directory = options.directory().isPresent() ? given(options.directory().get()) : passing();
    return new Quickstart(options, out, directory).run();
  }

  /// A new directory with a name short enough to read and to type.
  private static Path passing() throws IOException {
    while (true) {
      var name = "entente-" + HexFormat.of().toHexDigits((short) RANDOM.nextInt());
      try {
        return Files.createDirectory(
                Path.of("/tmp", name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
            .toRealPath();
      } catch (FileAlreadyExistsException _) {
        // Another quickstart's: try another name.
      }
    }
  }

  private static Path given(Path path) throws IOException {
    var directory = Files.createDirectories(path).toRealPath();
    try (var files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new IOException(directory + " is not empty");
      }
    }
    return directory;
  }

  private boolean run() throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(onSignal);
    var programs = new Programs(options.home());
    var steps = new Steps(out, System::nanoTime);
    out.accept("Two trust domains on this machine, everything in " + directory);
    try {
      var story = new Story(directory, programs, children, steps);
      var node = story.tell();
      out.accept(steps.summary(true));
      if (!options.check()) {
        story.registerCommands(node);
        told = true;
        stay(programs, story.place());
      }
      close(true);
      return true;
    } catch (InterruptedException e) {
      close(false);
      throw e;
    } catch (Exception e) {
      explain(e);
      out.accept(steps.summary(false));
      close(false);
      return false;
    }
  }

  /// Says what can be done now.
  private void stay(Programs programs, Place place) throws InterruptedException {
    var here = Path.of("").toAbsolutePath();
    out.accept("");
    out.accept("Both trust domains go on running. Try, in another terminal:");
    NextCommands.of(NextCommands.command(programs.launcher(), here), place)
        .forEach(command -> out.accept("  " + command));
    out.accept("");
    out.accept("Ctrl-C ends everything.");
    waitForTheEnd();
  }

  /// Until a signal ends the process.
  private static void waitForTheEnd() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  /// Says what went wrong, with the end of the log of whoever failed.
  private void explain(Exception e) {
    out.accept("    " + Optional.ofNullable(e.getMessage()).orElseGet(e::toString));
    var failed = e instanceof QuickstartException known ? known.child() : Optional.<Child>empty();
    failed
        .or(() -> children.all().stream().filter(Quickstart::failedByItself).findFirst())
        .ifPresent(child -> {
          out.accept("    the end of " + child.log() + ":");
          child.tail(TAIL_LINES).forEach(line -> out.accept("    | " + line));
        });
    out.accept("    all logs: " + directory + "/*/*.log");
  }

  private static boolean failedByItself(Child child) {
    return !child.isAlive() && child.process().exitValue() != 0;
  }

  /// Ends what was started; a directory of our own goes, too, unless somebody has to look into it.
  private void close(boolean good) throws InterruptedException {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException _) {
      // A signal came: whoever it woke cleans up and ends the process.
      waitForTheEnd();
    }
    children.stop();
    if (good) {
      tidy();
    }
  }

  private void tidy() {
    if (options.directory().isEmpty()) {
      try (var files = Files.walk(directory)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        out.accept(directory + " was not removed: " + e.getMessage());
      }
    }
  }

  /// A signal came: Ctrl-C, or the end of a terminal.
  private void ended() {
    ending = true;
    children.stop();
    if (told) {
      tidy();
      lastWords.accept("quickstart: ended, nothing runs any more");
    } else {
      lastWords.accept("quickstart: interrupted, logs are in " + directory);
    }
    Runtime.getRuntime().halt(told ? 0 : EXIT_INTERRUPTED);
  }
}
