package dev.entente.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Selector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Entries in a JSON file, in the form SPIRE's `entry create -data` reads: `{"entries":
/// [{"spiffe_id": "…", "parent_id": "…", "selectors": [{"type": "…", "value": "…"}]}]}`.
final class EntryFile {
  /// A hundred thousand entries fit; a larger file is a mistake.
  private static final int SIZE_MAX_BYTES = 64 * 1024 * 1024;

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
          "expires_at",
          "entry_expiry",
          "entryExpiry",
          "additional_attributes",
          "dns_names",
          "store_svid",
          "hint",
          "entry_id",
          "id");

  private static final Set<String> ATTRIBUTES =
      Set.of("disable_x509_svid_prefetch", "jwt_svid_include_jti");

  private EntryFile() {}

  /// Reads `file`, or standard input where it is `-`.
  static List<Entry> read(Path file) {
    return entries(file, tree(file));
  }

  /// Reads the ids in `file`, `{"ids": ["…"]}`, or in standard input where it is `-`.
  static List<String> readIds(Path file) {
    var list = tree(file).path("ids");
    var ids = new ArrayList<String>();
    list.forEach(id -> ids.add(id.asText()));
    if (ids.isEmpty() || ids.stream().anyMatch(String::isEmpty)) {
      throw Failure.usage(file + " has no list \"ids\" of texts", "");
    }
    return ids;
  }

  private static JsonNode tree(Path file) {
    var bytes = Inputs.bytes(file, SIZE_MAX_BYTES);
    try {
      return new ObjectMapper().readTree(bytes);
    } catch (JsonProcessingException e) {
      throw Failure.usage(file + " is not JSON: " + e.getOriginalMessage(), "");
    } catch (IOException e) {
      throw Failure.usage(file + " cannot be read: " + Causes.of(e), "");
    }
  }

  private static List<Entry> entries(Path file, JsonNode root) {
    var list = root.path("entries");
    if (!list.isArray()) {
      throw Failure.usage(file + " has no list \"entries\"", "see `entente entry create --help`");
    }
    var entries = new ArrayList<Entry>();
    for (var node : list) {
      var place = file + ": entries[" + entries.size() + "]: ";
      try {
        entries.add(entry(node));
      } catch (IllegalArgumentException e) {
        throw Failure.usage(place + e.getMessage(), "");
      }
    }
    return entries;
  }

  private static Entry entry(JsonNode node) {
    refuseOthers(node, KNOWN);
    var entry =
        Entry.newBuilder()
            .setId(node.path("entry_id").asText(node.path("id").asText("")))
            .setSpiffeId(Values.wire(SpiffeId.parse(node.path("spiffe_id").asText(""))))
            .setParentId(Values.wire(SpiffeId.parse(node.path("parent_id").asText(""))))
            .setX509SvidTtl(node.path("x509_svid_ttl").asInt(0))
            .setJwtSvidTtl(node.path("jwt_svid_ttl").asInt(0))
            .setAdmin(node.path("admin").asBoolean(false))
            .setDownstream(node.path("downstream").asBoolean(false))
            .setStoreSvid(node.path("store_svid").asBoolean(false))
            .setExpiresAt(expiry(node))
            .setHint(node.path("hint").asText(""));
    node.path("selectors").forEach(selector -> entry.addSelectors(selector(selector)));
    node.path("federates_with").forEach(domain -> entry.addFederatesWith(domain.asText()));
    node.path("dns_names").forEach(name -> entry.addDnsNames(name.asText()));
    if (node.has("additional_attributes")) {
      entry.setAdditionalAttributes(attributes(node.path("additional_attributes")));
    }
    return entry.build();
  }

  /// SPIRE itself writes `entryExpiry`.
  private static long expiry(JsonNode node) {
    return node.path("expires_at")
        .asLong(node.path("entry_expiry").asLong(node.path("entryExpiry").asLong(0)));
  }

  private static Entry.AdditionalAttributes attributes(JsonNode node) {
    refuseOthers(node, ATTRIBUTES);
    return Entry.AdditionalAttributes.newBuilder()
        .setDisableX509SvidPrefetch(node.path("disable_x509_svid_prefetch").asBoolean(false))
        .setJwtSvidIncludeJti(node.path("jwt_svid_include_jti").asBoolean(false))
        .build();
  }

  private static void refuseOthers(JsonNode node, Set<String> known) {
    for (var name : node.properties()) {
      if (!known.contains(name.getKey())) {
        throw new IllegalArgumentException("unknown field \"" + name.getKey() + "\"");
      }
    }
  }

  private static Selector selector(JsonNode node) {
    if (node.isTextual()) {
      return Values.selector(node.asText());
    }
    return Values.selector(node.path("type").asText("") + ":" + node.path("value").asText(""));
  }
}
