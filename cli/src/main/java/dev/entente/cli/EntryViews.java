package dev.entente.cli;

import dev.entente.wire.spire.types.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How entries look on a screen.
final class EntryViews {
  static final List<String> HEADINGS = List.of("ID", "SPIFFE ID", "PARENT", "SELECTORS");

  private EntryViews() {}

  static List<String> row(Entry entry) {
    var selectors = entry.getSelectorsList().stream().map(Values::text).toList();
    return List.of(
        entry.getId(),
        Values.text(entry.getSpiffeId()),
        Values.text(entry.getParentId()),
        String.join(" ", selectors));
  }

  /// Everything that is set, one line each.
  static Map<String, String> fields(Entry entry, Instant now) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("id", entry.getId());
    fields.put("spiffe id", Values.text(entry.getSpiffeId()));
    fields.put("parent id", Values.text(entry.getParentId()));
    fields.put("selectors", Values.lines(entry.getSelectorsList()));
    fields.put("x509 ttl", Values.lifetime(entry.getX509SvidTtl()));
    fields.put("jwt ttl", Values.lifetime(entry.getJwtSvidTtl()));
    fields.put("revision", Long.toString(entry.getRevisionNumber()));
    fields.put("created at", Values.time(entry.getCreatedAt(), now));
    putUnlessEmpty(fields, "federates with", String.join("\n", entry.getFederatesWithList()));
    putUnlessEmpty(fields, "dns names", String.join("\n", entry.getDnsNamesList()));
    putUnlessEmpty(fields, "hint", entry.getHint());
    putUnlessEmpty(fields, "may", powers(entry));
    if (entry.getAdditionalAttributes().getDisableX509SvidPrefetch()) {
      fields.put("prefetch", "no");
    }
    if (entry.getAdditionalAttributes().getJwtSvidIncludeJti()) {
      fields.put("jti", "yes");
    }
    if (entry.getExpiresAt() != 0) {
      fields.put("expires at", Values.time(entry.getExpiresAt(), now));
    }
    return fields;
  }

  private static String powers(Entry entry) {
    var powers = new ArrayList<String>();
    if (entry.getAdmin()) {
      powers.add("administer the broker");
    }
    if (entry.getDownstream()) {
      powers.add("sign for this trust domain (downstream)");
    }
    if (entry.getStoreSvid()) {
      powers.add("have its SVIDs put into a secret store");
    }
    return String.join("\n", powers);
  }

  private static void putUnlessEmpty(Map<String, String> fields, String name, String value) {
    if (!value.isEmpty()) {
      fields.put(name, value);
    }
  }
}
