package dev.entente.systemtests.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The tests that carry a requirement, as the sources say it. A build whose reports lack one of
/// them was a build of some modules or of some tests, or has lost it.
final class TaggedSources {
  private static final Pattern TAG = Pattern.compile("\\s*@Tag\\(\"[+-][A-Z0-9]+-\\d\\d\"\\)");

  /// Format is google-java-format's: members are indented by two, and nothing else begins there.
  private static final Pattern METHOD = Pattern.compile("  (?:[a-z]+ )*[\\w<>, ]+ (\\w+)\\(.*");

  /// A test, by its name of the form `Class.method`, and the directory of its module.
  record Tagged(Path module, String name) {}

  private TaggedSources() {}

  /// Reads the sources of every module of `root`.
  static List<Tagged> tests(Path root) throws IOException {
    var tests = new ArrayList<Tagged>();
    try (var modules = Files.list(root)) {
      for (var module : modules.sorted().toList()) {
        var sources = module.resolve("src/test/java");
        if (Files.isDirectory(sources)) {
          addModule(module, sources, tests);
        }
      }
    }
    return tests;
  }

  private static void addModule(Path module, Path sources, List<Tagged> tests) throws IOException {
    try (var files = Files.walk(sources)) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        addFile(module, file, tests);
      }
    }
  }

  private static void addFile(Path module, Path file, List<Tagged> tests) throws IOException {
    var className = file.getFileName().toString().replace(".java", "");
    boolean tagged = false;
    for (var line : Files.readAllLines(file)) {
      var method = METHOD.matcher(line);
      if (TAG.matcher(line).matches()) {
        tagged = true;
      } else if (tagged && method.matches()) {
        tests.add(new Tagged(module, className + "." + method.group(1)));
        tagged = false;
      }
    }
  }
}
