package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.EntryMatcher;
import dev.entente.broker.registration.MatchBehavior;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.store.EntryFilter.Match;
import dev.entente.spiffe.TrustDomain;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Turns an [EntryFilter] into conditions that find candidates by index, and a test that decides.
final class EntryQuery {
  private final EntryFilter filter;
  private final List<String> conditions = new ArrayList<>();
  private final List<Object> values = new ArrayList<>();

  EntryQuery(EntryFilter filter) {
    this.filter = filter;
    filter.spiffeId().ifPresent(id -> where("spiffe_id = ?", id.toString()));
    filter.parentId().ifPresent(id -> where("parent_id = ?", id.toString()));
    filter.hint().ifPresent(hint -> where("hint = ?", hint));
    if (filter.downstreamOnly()) {
      conditions.add("(flags & " + EntryRows.DOWNSTREAM + ") <> 0");
    }
    filter.selectors().ifPresent(this::whereSelectors);
    filter.federatesWith().ifPresent(this::whereFederates);
  }

  /// A query for a page of candidates: `row > ?` first, then the filter's own values.
  String page(String columns, PageRequest page) {
    conditions.addFirst("row > ?");
    values.addFirst(page.isAll() ? 0L : page.afterRow());
    var limit = page.isAll() ? "" : " LIMIT " + page.size();
    return "SELECT "
        + columns
        + " FROM entries WHERE "
        + String.join(" AND ", conditions)
        + " ORDER BY row"
        + limit;
  }

  List<Object> values() {
    return values;
  }

  /// Whether the conditions alone decide, so that counting needs no look at the rows.
  boolean isExact() {
    return filter.selectors().map(EntryQuery::decidedByIndex).orElse(true)
        && filter.federatesWith().map(EntryQuery::decidedByIndex).orElse(true);
  }

  String count() {
    return "SELECT count(*) FROM entries"
        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions));
  }

  boolean accepts(RegistrationEntry entry) {
    return filter.selectors().map(match -> passes(entry.selectors(), match)).orElse(true)
        && filter.federatesWith().map(match -> passes(entry.federatesWith(), match)).orElse(true);
  }

  private static <T> boolean passes(Iterable<T> present, Match<T> match) {
    var set = new HashSet<T>();
    present.forEach(set::add);
    return EntryMatcher.matches(set, match.asked(), match.behavior());
  }

  private static boolean decidedByIndex(Match<?> match) {
    return match.behavior() == MatchBehavior.ANY || match.behavior() == MatchBehavior.SUPERSET;
  }

  private void whereSelectors(Match<Selector> match) {
    if (match.behavior() == MatchBehavior.EXACT) {
      var text = SelectorText.write(List.copyOf(new TreeSet<>(match.asked())));
      where("selectors_digest = ?", SelectorText.digest(text));
    }
    whereNamed(match, "entry_selectors", "selector", Selector::toString);
  }

  private void whereFederates(Match<TrustDomain> match) {
    whereNamed(match, "entry_federation", "trust_domain", TrustDomain::name);
  }

  private <T> void whereNamed(
      Match<T> match, String table, String column, Function<T, String> name) {
    var names = match.asked().stream().map(name).sorted().toList();
    switch (match.behavior()) {
      case ANY, SUBSET -> {
        var marks = Stream.generate(() -> "?").limit(names.size()).collect(Collectors.joining(","));
        conditions.add(
            "row IN (SELECT entry FROM " + table + " WHERE " + column + " IN (" + marks + "))");
        values.addAll(names);
      }
      case SUPERSET, EXACT -> {
        for (var one : names) {
          where("row IN (SELECT entry FROM " + table + " WHERE " + column + " = ?)", one);
        }
      }
    }
  }

  private void where(String condition, Object value) {
    conditions.add(condition);
    values.add(value);
  }
}
