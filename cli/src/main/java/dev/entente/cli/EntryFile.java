package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Entries in a JSON file, in the form SPIRE's `entry create -data` reads: `{"entries":
/// [{"spiffe_id": "…", "parent_id": "…", "selectors": [{"type": "…", "value": "…"}]}]}`.
///
/// What is not understood is refused, not left out: an entry whose end is written as a text would
/// otherwise never end.
final class EntryFile {
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
    return ItemsFile.read(file, "entries", KNOWN, EntryFile::entry);
  }

  /// Reads the ids in `file`, `{"ids": ["…"]}`, or in standard input where it is `-`.
  static List<String> readIds(Path file) {
    var ids = new ArrayList<String>();
    for (var element : ItemsFile.list(file, "ids")) {
      if (!(element instanceof String id) || id.isEmpty()) {
        throw Failure.usage(file + ": ids[" + ids.size() + "] is not a text", "");
      }
      ids.add(id);
    }
    return ids;
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
}
