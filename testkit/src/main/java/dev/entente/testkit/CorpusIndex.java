package dev.entente.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What the corpus of an attestor holds, as `corpus/<attestor>.tsv` among the resources of its
/// tests lists it. Lines have parts between tabs, the first says what they are:
///
/// ```
/// good   name     what it is
/// check  code     what is checked; a code belongs to one check, a check has one code
/// unmade code     why no bad evidence of this corpus reaches that check
/// bad    name     its good parent   the one part that differs   the code of its refusal
/// item   subject  names of bad evidence about it, or -, and why it does not apply
/// ```
///
/// @param good what each is, by name
/// @param checks what each checks, by code
/// @param unmade reasons, by code
/// @param bad in the file's order
/// @param items by subject
public record CorpusIndex(
    Map<String, String> good,
    Map<String, String> checks,
    Map<String, String> unmade,
    List<Bad> bad,
    Map<String, Item> items) {
  /// Bad evidence.
  ///
  /// @param parent the good evidence it is made from
  /// @param changed the one part that differs
  /// @param code of its refusal, without the attestor's name
  public record Bad(String name, String parent, String changed, String code) {
    @Override
    public String toString() {
      return name + " of " + parent;
    }
  }

  /// What is there about one of the [CorpusContract#SUBJECTS].
  ///
  /// @param bad names of bad evidence; none if the subject does not apply
  /// @param reason why not; empty if it does
  public record Item(List<String> bad, String reason) {}

  static CorpusIndex read(Class<?> beside, String attestor) {
    var index =
        new CorpusIndex(
            new LinkedHashMap<>(),
            new LinkedHashMap<>(),
            new LinkedHashMap<>(),
            new ArrayList<>(),
            new LinkedHashMap<>());
    var name = "/corpus/" + attestor + ".tsv";
    try (var in = Objects.requireNonNull(beside.getResourceAsStream(name), name)) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(line -> index.add(line, line.split("\t", -1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return index;
  }

  private void add(String line, String[] parts) {
    switch (parts[0] + " " + parts.length) {
      case "good 3" -> once(good, parts[1], parts[2]);
      case "check 3" -> once(checks, parts[1], parts[2]);
      case "unmade 3" -> once(unmade, parts[1], parts[2]);
      case "bad 5" -> bad.add(new Bad(parts[1], parts[2], parts[3], parts[4]));
      case "item 3" -> once(items, parts[1], new Item(List.of(parts[2].split(", ", -1)), ""));
      case "item 4" -> once(items, parts[1], new Item(List.of(), parts[3]));
      default -> throw new IllegalStateException("no line of a corpus: " + line);
    }
  }

  private static <T> void once(Map<String, T> all, String key, T value) {
    if (all.put(key, value) != null) {
      throw new IllegalStateException("twice in the index: " + key);
    }
  }
}
