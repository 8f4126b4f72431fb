package dev.entente.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// A room with one class that differs in one place from what is shipped: a test that names a
/// requirement has to notice. The difference is text in the source, so it cannot fall behind: text
/// that is not found there once is an error.
///
/// @param ids the requirements that this breaks
/// @param source the class's file below the module's `src/main/java`
/// @param right what stands there
/// @param wrong what stands there instead
/// @param test the class and method of the test, `SpiffeIdTest.refuses`, in the class's package
public record BrokenVariant(
    List<String> ids, String source, String right, String wrong, String test) {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /// One for all variants, as it reads every jar of the class path; its own lock guards it.
  private static final StandardJavaFileManager FILES =
      COMPILER.getStandardFileManager(null, null, null);

  /// Copies the ids.
  public BrokenVariant {
    ids = List.copyOf(ids);
  }

  /// Reads a table of tab-separated rows; `\n` in a text is a line break.
  public static List<BrokenVariant> readAll(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.split("\t", -1))
        .map(cells ->
            new BrokenVariant(
                List.of(cells[0].split(",", -1)),
                cells[1],
                cells[2].replace("\\n", "\n"),
                cells[3].replace("\\n", "\n"),
                cells[4]))
        .toList();
  }

  @Override
  public String toString() {
    return String.join(" ", ids) + ": " + source + " with " + wrong;
  }

  /// Runs the test on the variant.
  ///
  /// @param directory empty, for compiled classes
  public Outcome run(Path directory) throws IOException {
    compile(directory);
    var loader = new ChildFirst(directory);
    var thread = Thread.currentThread();
    var before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return execute(loader);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /// What the test said.
  ///
  /// @param tags those of the test
  /// @param ran how many tests ended
  /// @param failed how many of them noticed
  public record Outcome(Set<String> tags, int ran, int failed) {
    /// Copies the tags.
    public Outcome {
      tags = Set.copyOf(tags);
    }
  }

  private void compile(Path directory) throws IOException {
    var text = Files.readString(SOURCES.resolve(source));
    if (text.split(Pattern.quote(right), -1).length != 2) {
      throw new IllegalStateException(source + " does not have once: " + right);
    }
    var changed = directory.resolve(Path.of(source).getFileName());
    Files.writeString(changed, text.replace(right, wrong));
    var said = new StringWriter();
    synchronized (FILES) {
      FILES.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(directory));
      var options = List.of("-nowarn", "-proc:none");
      var units = FILES.getJavaFileObjects(changed);
      if (!COMPILER.getTask(said, FILES, null, options, null, units).call()) {
        throw new IllegalStateException(this + ":\n" + said);
      }
    }
  }

  private Outcome execute(ClassLoader loader) {
    var dot = test.indexOf('.');
    var folder = source.substring(0, source.lastIndexOf('/')).replace('/', '.');
    var method = test.substring(dot + 1);
    var seen = new Seen();
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                DiscoverySelectors.selectClass(loader, folder + "." + test.substring(0, dot)))
            .filters(
                (PostDiscoveryFilter)
                    found ->
                        FilterResult.includedIf(
                            found
                                .getSource()
                                .filter(MethodSource.class::isInstance)
                                .map(MethodSource.class::cast)
                                .filter(it -> it.getMethodName().equals(method))
                                .isPresent()))
            .build();
    var config =
        LauncherConfig.builder()
            .enableTestExecutionListenerAutoRegistration(false)
            .enableLauncherSessionListenerAutoRegistration(false)
            .build();
    LauncherFactory.create(config).execute(request, seen);
    return seen.outcome();
  }

  /// Counts what ended, and keeps the tags of the tests and of what they belong to.
  private static final class Seen implements TestExecutionListener {
    private final Set<String> tags = new TreeSet<>();
    private int ran;
    private int failed;

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      var isFailed = result.getStatus() == TestExecutionResult.Status.FAILED;
      test.getTags().forEach(tag -> tags.add(tag.getName()));
      ran += test.isTest() ? 1 : 0;
      failed += isFailed ? 1 : 0;
    }

    Outcome outcome() {
      return new Outcome(tags, ran, failed);
    }
  }

  /// Loads our own classes anew, those of the variant before those of the class path.
  private static final class ChildFirst extends ClassLoader {
    private final Path directory;

    ChildFirst(Path directory) {
      super(BrokenVariant.class.getClassLoader());
      this.directory = directory;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("dev.entente.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        var loaded = findLoadedClass(name);
        return loaded == null ? define(name) : loaded;
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      var path = name.replace('.', '/') + ".class";
      try {
        var changed = directory.resolve(path);
        if (Files.exists(changed)) {
          var bytes = Files.readAllBytes(changed);
          return defineClass(name, bytes, 0, bytes.length);
        }
        try (var in = getParent().getResourceAsStream(path)) {
          if (in == null) {
            throw new ClassNotFoundException(name);
          }
          var bytes = in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
