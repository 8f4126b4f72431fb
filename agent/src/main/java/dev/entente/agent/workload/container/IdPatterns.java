package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where operators say the container id stands in a cgroup path, instead of the convention.
///
/// A pattern is a path of which a segment may be `*`, any one segment, and exactly one is `<id>`,
/// the container id. It matches whole paths. No path may be matched by two patterns.
final class IdPatterns {
  private static final String ANY = "*";
  private static final String ID = "<id>";

  private final List<Pattern> patterns;

  private IdPatterns(List<Pattern> patterns) {
    this.patterns = List.copyOf(patterns);
  }

  /// Reads patterns, at least one.
  ///
  /// @throws IllegalArgumentException if one has not exactly one `<id>`, or two match the same path
  static IdPatterns parse(List<String> texts) {
    List<Pattern> patterns = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      for (var other : texts.subList(0, i)) {
        if (overlap(segments(texts.get(i)), segments(other))) {
          throw new IllegalArgumentException(
              "\"%s\" and \"%s\" can match the same path".formatted(other, texts.get(i)));
        }
      }
      patterns.add(pattern(texts.get(i)));
    }
    return new IdPatterns(patterns);
  }

  /// The container that all paths which match name; empty if none matches.
  Optional<PlaceName> read(List<Cgroup> cgroups) throws AttestationFault {
    Optional<PlaceName> agreed = Optional.empty();
    for (var cgroup : cgroups) {
      var next = match(cgroup.path());
      if (next.isPresent() && next.get().containerId().isEmpty()) {
        throw new AttestationFault("a cgroup matches, and its container id is empty");
      }
      if (agreed.isPresent() && next.isPresent() && !sameId(agreed.get(), next.get())) {
        throw new AttestationFault(
            "cgroups of the process name different containers: \"%s\" and \"%s\""
                .formatted(agreed.get().containerId(), next.get().containerId()));
      }
      agreed = agreed.or(() -> next);
    }
    return agreed;
  }

  private Optional<PlaceName> match(String path) {
    for (var pattern : patterns) {
      var match = pattern.matcher(path);
      if (match.matches()) {
        var home = path.substring(0, match.end(1));
        return Optional.of(new PlaceName(Optional.empty(), match.group(1), home));
      }
    }
    return Optional.empty();
  }

  private static boolean sameId(PlaceName one, PlaceName other) {
    return one.containerId().equals(other.containerId());
  }

  private static Pattern pattern(String text) {
    List<String> parts = new ArrayList<>();
    int ids = 0;
    for (var segment : segments(text)) {
      switch (segment) {
        case ANY -> parts.add("[^/]*");
        case ID -> {
          parts.add("([^/]*)");
          ids++;
        }
        default -> parts.add(Pattern.quote(segment));
      }
    }
    if (ids != 1) {
      throw new IllegalArgumentException(
          "\"%s\" has %s %d times, not once".formatted(text, ID, ids));
    }
    return Pattern.compile(String.join("/", parts));
  }

  private static boolean overlap(List<String> one, List<String> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      if (!isWild(one.get(i)) && !isWild(other.get(i)) && !one.get(i).equals(other.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isWild(String segment) {
    return segment.equals(ANY) || segment.equals(ID);
  }

  private static List<String> segments(String text) {
    return List.of(text.split("/", -1));
  }
}
