package dev.entente.systemtests.report;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Which tests showed which cases of which requirements: those that ran, with every invocation
/// passed.
///
/// A tag is a case and a requirement: `+X509-14` shows that it works, `-X509-14` that what it
/// forbids is refused or never seen. A test with both has both tags. Cases with programs of others
/// do not count, they run on some machines only.
final class CaseTests {
  /// The tag of cases with programs of others.
  static final String INTEROP = "interop";

  private static final Pattern TAG =
      Pattern.compile("([+-]?)((?:ID|X509|JWT|BND|FED|WEP|WAPI|Q)-\\d\\d)");

  /// Tag to names of tests.
  private final Map<String, Set<String>> passed = new TreeMap<>();

  private final Set<String> problems = new TreeSet<>();
  private final Set<String> ran = new TreeSet<>();

  private CaseTests() {}

  /// Sorts `results`.
  ///
  /// @param known ids that a tag may name; anything else that looks like one is a problem
  static CaseTests of(Collection<TestReports.Result> results, Set<String> known) {
    var tests = new CaseTests();
    var failed = new TreeSet<String>();
    for (var result : results) {
      tests.ran.add(name(result));
      if (result.passed()) {
        continue;
      }
      failed.add(name(result));
      if (result.skipped().isPresent() && requirements(result).findAny().isPresent()) {
        tests.problems.add(
            "%s carries a requirement and was skipped (%s): the table may not depend on the machine"
                .formatted(name(result), result.skipped().get()));
      }
    }
    results.stream()
        .filter(result -> !failed.contains(name(result)))
        .forEach(result -> tests.add(result, known));
    return tests;
  }

  private static java.util.stream.Stream<String> requirements(TestReports.Result result) {
    return result.tags().contains(INTEROP)
        ? java.util.stream.Stream.empty()
        : result.tags().stream().filter(tag -> TAG.matcher(tag).matches());
  }

  private void add(TestReports.Result result, Set<String> known) {
    requirements(result)
        .forEach(tag -> {
          var parts = TAG.matcher(tag);
          var _ = parts.matches();
          if (!known.contains(parts.group(2))) {
            problems.add(name(result) + " is tagged " + tag + ", which is no requirement");
          } else if (parts.group(1).isEmpty() != tag.startsWith("Q")) {
            problems.add(name(result) + " is tagged " + tag + ": write +" + tag + " or -" + tag);
          } else {
            passed.computeIfAbsent(tag, _ -> new TreeSet<>()).add(name(result));
          }
        });
  }

  private static String name(TestReports.Result result) {
    return result.simpleClassName() + "." + result.method();
  }

  /// Whether a case of `kind`, `+` or `-`, was shown.
  boolean has(String id, char kind) {
    return passed.containsKey(kind + id);
  }

  /// The tests that carry `tag`, by name.
  Set<String> tagged(String tag) {
    return passed.getOrDefault(tag, Set.of());
  }

  /// What is wrong with the tags.
  List<String> problems() {
    return List.copyOf(problems);
  }

  /// Whether a test of this name ran, or was skipped.
  boolean ran(String name) {
    return ran.contains(name);
  }
}
