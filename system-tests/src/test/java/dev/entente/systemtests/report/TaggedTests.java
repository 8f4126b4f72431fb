package dev.entente.systemtests.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which test methods carry which requirement's id, read from the sources.
///
/// Reports do not repeat tags, and loading every module's test classes into one process would mix
/// their class paths; the sources say it plainly.
final class TaggedTests {
  private static final Pattern TAG = Pattern.compile("@Tag\\(\"([A-Z0-9]+-\\d+)\"\\)");
  private static final Pattern METHOD = Pattern.compile("^  (?:void|static void) (\\w+)\\(");
  private static final Pattern CLASS = Pattern.compile("^(?:final |public )*class (\\w+)");

  private TaggedTests() {}

  /// Requirement id to the `Class.method` names that carry it.
  static SortedMap<String, SortedSet<String>> read(Path root) {
    var byRequirement = new TreeMap<String, SortedSet<String>>();
    try (Stream<Path> files = Files.walk(root)) {
      for (var file : files.filter(TaggedTests::isTestSource).sorted().toList()) {
        readFile(file, byRequirement);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return byRequirement;
  }

  private static boolean isTestSource(Path file) {
    var text = file.toString();
    return text.contains("/src/test/java/") && text.endsWith(".java");
  }

  private static void readFile(Path file, SortedMap<String, SortedSet<String>> byRequirement)
      throws IOException {
    var simpleName = file.getFileName().toString().replace(".java", "");
    List<String> pending = new ArrayList<>();
    List<String> ofTheClass = List.of();
    for (var line : Files.readAllLines(file)) {
      var tag = TAG.matcher(line);
      while (tag.find()) {
        pending.add(tag.group(1));
      }
      if (CLASS.matcher(line).find()) {
        ofTheClass = List.copyOf(pending);
        pending.clear();
      }
      var method = METHOD.matcher(line);
      if (method.find()) {
        for (var id : Stream.concat(pending.stream(), ofTheClass.stream()).toList()) {
          byRequirement
              .computeIfAbsent(id, _ -> new TreeSet<>())
              .add(simpleName + "." + method.group(1));
        }
        pending.clear();
      }
    }
  }
}
