package dev.entente.systemtests.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The tests that carry a requirement, as the sources say it. A build whose reports lack one of
/// them was a build of some modules or of some tests.
final class TaggedSources {
  private static final Pattern TAG = Pattern.compile("\\s*@Tag\\(\"[+-][A-Z0-9]+-\\d\\d\"\\)");

  /// Format is google-java-format's: members are indented by two, and nothing else begins there.
  private static final Pattern METHOD = Pattern.compile("  (?:[a-z]+ )*[\\w<>, ]+ (\\w+)\\(.*");

  private TaggedSources() {}

  /// Names of the form `Class.method`.
  static List<String> tests(Path root) throws IOException {
    var tests = new ArrayList<String>();
    try (var modules = Files.list(root)) {
      for (var module : modules.sorted().toList()) {
        var sources = module.resolve("src/test/java");
        if (Files.isDirectory(sources)) {
          addModule(sources, tests);
        }
      }
    }
    return tests;
  }

  private static void addModule(Path sources, List<String> tests) throws IOException {
    try (var files = Files.walk(sources)) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        addFile(file, tests);
      }
    }
  }

  private static void addFile(Path file, List<String> tests) throws IOException {
    var className = file.getFileName().toString().replace(".java", "");
    boolean tagged = false;
    for (var line : Files.readAllLines(file)) {
      var method = METHOD.matcher(line);
      if (TAG.matcher(line).matches()) {
        tagged = true;
      } else if (tagged && method.matches()) {
        tests.add(className + "." + method.group(1));
        tagged = false;
      }
    }
  }
}
