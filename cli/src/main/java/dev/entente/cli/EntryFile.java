package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Entries in a JSON file, in the form SPIRE's `entry create -data` reads: `{"entries":
/// [{"spiffe_id": "…", "parent_id": "…", "selectors": [{"type": "…", "value": "…"}]}]}`.
///
/// What is not understood is refused, not left out: an entry whose end is written as a text would
/// otherwise never end.
final class EntryFile {
  /// A hundred thousand entries fit; a larger file is a mistake.
  private static final int SIZE_MAX_BYTES = 32 * 1024 * 1024;

  private static final String ID = "entry_id";
  private static final String EXPIRES_AT = "expires_at";

  private static final Set<String> ATTRIBUTES =
      Set.of("disable_x509_svid_prefetch", "jwt_svid_include_jti");

  private static final Set<String> SELECTOR = Set.of("type", "value");

  private static final Set<String> KNOWN =
      Set.of(
          "spiffe_id",
          "parent_id",
          "selectors",
          "x509_svid_ttl",
          "jwt_svid_ttl",
          "federates_with",
          "admin",
          "downstream",
          EXPIRES_AT,
          "entry_expiry",
          "entryExpiry",
          "additional_attributes",
          "dns_names",
          "store_svid",
          "hint",
          ID,
          "id");

  private EntryFile() {}

  /// Reads `file`, or standard input where it is `-`.
  static List<Entry> read(Path file) {
    var list = list(file, "entries");
    var entries = new ArrayList<Entry>();
    for (var element : list) {
      try {
        entries.add(entry(Members.of(element, KNOWN)));
      } catch (IllegalArgumentException e) {
        throw Failure.usage(
            file + ": entries[" + entries.size() + "]: " + e.getMessage(),
            "nothing was sent; mend the file and run it again");
      }
    }
    return entries;
  }

  /// Reads the ids in `file`, `{"ids": ["…"]}`, or in standard input where it is `-`.
  static List<String> readIds(Path file) {
    var ids = new ArrayList<String>();
    for (var element : list(file, "ids")) {
      if (!(element instanceof String id) || id.isEmpty()) {
        throw Failure.usage(file + ": ids[" + ids.size() + "] is not a text", "");
      }
      ids.add(id);
    }
    return ids;
  }

  private static List<?> list(Path file, String name) {
    try {
      var root = dev.entente.spiffe.Json.parseObject(Inputs.bytes(file, SIZE_MAX_BYTES));
      if (root.get(name) instanceof List<?> list && root.size() == 1) {
        return list;
      }
    } catch (IllegalArgumentException e) {
      throw Failure.usage(file + " cannot be used: " + e.getMessage(), "");
    }
    throw Failure.usage(file + " is not {\"" + name + "\": […]}, a list and nothing else", "");
  }

  private static Entry entry(Members entry) {
    var made =
        Entry.newBuilder()
            .setId(entry.text(entry.only(ID, "id")))
            .setSpiffeId(id(entry, "spiffe_id"))
            .setParentId(id(entry, "parent_id"))
            .setX509SvidTtl(entry.seconds("x509_svid_ttl"))
            .setJwtSvidTtl(entry.seconds("jwt_svid_ttl"))
            .setAdmin(entry.truth("admin"))
            .setDownstream(entry.truth("downstream"))
            .setStoreSvid(entry.truth("store_svid"))
            // SPIRE itself writes entryExpiry.
            .setExpiresAt(entry.number(entry.only(EXPIRES_AT, "entry_expiry", "entryExpiry")))
            .setHint(entry.text("hint"))
            .addAllDnsNames(entry.texts("dns_names"));
    entry.list("selectors").forEach(selector -> made.addSelectors(selector(selector)));
    for (var domain : entry.texts("federates_with")) {
      made.addFederatesWith(TrustDomain.parseNameOrId(domain).name());
    }
    entry
        .get("additional_attributes")
        .ifPresent(
            value -> made.setAdditionalAttributes(attributes(Members.of(value, ATTRIBUTES))));
    return made.build();
  }

  private static SPIFFEID id(Members entry, String name) {
    var text = entry.text(name);
    try {
      return Values.wire(SpiffeId.parse(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("\"" + name + "\": " + e.getMessage(), e);
    }
  }

  private static Entry.AdditionalAttributes attributes(Members attributes) {
    return Entry.AdditionalAttributes.newBuilder()
        .setDisableX509SvidPrefetch(attributes.truth("disable_x509_svid_prefetch"))
        .setJwtSvidIncludeJti(attributes.truth("jwt_svid_include_jti"))
        .build();
  }

  private static Selector selector(Object element) {
    if (element instanceof String text) {
      return Values.selector(text);
    }
    var selector = Members.of(element, SELECTOR);
    return Values.selector(selector.text("type") + ":" + selector.text("value"));
  }

  /// The members of one object; null is as good as absent.
  private record Members(Map<?, ?> all) {
    static Members of(Object value, Set<String> known) {
      if (!(value instanceof Map<?, ?> all)) {
        throw new IllegalArgumentException("not an object");
      }
      for (var name : all.keySet()) {
        if (!known.contains(name)) {
          throw new IllegalArgumentException("unknown field \"" + name + "\"");
        }
      }
      return new Members(all);
    }

    Optional<Object> get(String name) {
      return Optional.<Object>ofNullable(all.get(name)).filter(it -> !(it instanceof Optional));
    }

    /// Which of several names of one field is used; the first if none is.
    String only(String... names) {
      var used = Set.of(names).stream().filter(name -> get(name).isPresent()).toList();
      if (used.size() > 1) {
        throw new IllegalArgumentException("one field under two names: " + used);
      }
      return used.isEmpty() ? names[0] : used.getFirst();
    }

    String text(String name) {
      return read(name, String.class, "a text").orElse("");
    }

    boolean truth(String name) {
      return read(name, Boolean.class, "true or false").orElse(false);
    }

    long number(String name) {
      return read(name, Long.class, "a whole number").orElse(0L);
    }

    int seconds(String name) {
      var seconds = number(name);
      if (seconds < 0 || seconds > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("\"" + name + "\" is no number of seconds: " + seconds);
      }
      return (int) seconds;
    }

    List<?> list(String name) {
      return read(name, List.class, "a list").orElse(List.of());
    }

    List<String> texts(String name) {
      var texts = new ArrayList<String>();
      for (var element : list(name)) {
        if (!(element instanceof String text)) {
          throw new IllegalArgumentException("\"" + name + "\" is not a list of texts");
        }
        texts.add(text);
      }
      return texts;
    }

    private <T> Optional<T> read(String name, Class<T> kind, String what) {
      return get(name)
          .map(value -> {
            if (!kind.isInstance(value)) {
              throw new IllegalArgumentException("\"" + name + "\" is not " + what);
            }
            return kind.cast(value);
          });
    }
  }
}
