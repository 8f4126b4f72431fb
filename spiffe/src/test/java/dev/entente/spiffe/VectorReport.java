package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// Counts the cases of one set of published vectors: run, not usable here, and judged otherwise
/// than the set says. `docs/vectors.md` holds the same numbers and reasons.
final class VectorReport {
  private static final Path DOCUMENT = Path.of("../docs/vectors.md");

  private final String set;
  private final SortedMap<String, Integer> notUsable = new TreeMap<>();
  private final SortedMap<String, String> different = new TreeMap<>();
  private final Set<String> judged = new HashSet<>();

  VectorReport(String set) {
    this.set = set;
  }

  /// Counts cases that say nothing about what is judged here.
  void notUsable(String reason, int cases) {
    notUsable.merge(reason, cases, Integer::sum);
  }

  /// Counts a case that was judged, and how.
  void judged(String id, boolean good, boolean accepted) {
    judged.add(id);
    if (good != accepted) {
      different.put(id, accepted ? "accepted" : "refused");
    }
  }

  /// The verdicts must differ from the set's in these cases only, and the document must say so.
  ///
  /// @param reasons by the case's id; those of cases that a part of the set lacks are not looked at
  void requireKnown(Map<String, String> reasons) {
    System.out.println("vectors: " + String.join("\n  ", lines(reasons)));
    var known = new TreeSet<>(reasons.keySet());
    known.retainAll(judged);
    assertThat(different.keySet()).as(set).isEqualTo(known);
    assertThat(document()).containsAll(lines(reasons));
  }

  private List<String> lines(Map<String, String> reasons) {
    var lines = new ArrayList<String>();
    lines.add("| %s | %d | %d | %d |".formatted(set, judged.size(), skipped(), different.size()));
    notUsable.forEach(
        (reason, cases) -> lines.add("| %s | %d | %s |".formatted(set, cases, reason)));
    different.forEach(
        (id, verdict) -> lines.add("| `%s` | %s | %s |".formatted(id, verdict, reasons.get(id))));
    return lines;
  }

  private int skipped() {
    return notUsable.values().stream().mapToInt(Integer::intValue).sum();
  }

  private static List<String> document() {
    try {
      return Files.readAllLines(DOCUMENT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
