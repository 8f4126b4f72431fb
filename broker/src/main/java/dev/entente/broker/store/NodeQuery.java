package dev.entente.broker.store;

import java.util.ArrayList;
import java.util.List;

/// Turns a [NodeFilter] into conditions; selectors are compared afterwards.
final class NodeQuery {
  private final List<String> conditions = new ArrayList<>();
  private final List<Object> values = new ArrayList<>();

  NodeQuery(NodeFilter filter) {
    filter.attestationType().ifPresent(type -> where("attestation_type = ?", type));
    filter.banned().ifPresent(banned -> where("banned = ?", banned));
    filter.canReattest().ifPresent(can -> where("can_reattest = ?", can));
    filter.expiresBefore().ifPresent(moment -> where("not_after < ?", moment.getEpochSecond()));
  }

  String page(String columns, PageRequest page) {
    conditions.addFirst("row > ?");
    values.addFirst(page.isAll() ? 0L : page.afterRow());
    return "SELECT "
        + columns
        + " FROM nodes WHERE "
        + String.join(" AND ", conditions)
        + " ORDER BY row"
        + (page.isAll() ? "" : " LIMIT " + page.size());
  }

  List<Object> values() {
    return values;
  }

  private void where(String condition, Object value) {
    conditions.add(condition);
    values.add(value);
  }
}
