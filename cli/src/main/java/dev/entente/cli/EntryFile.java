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
          "dns_names",
          "store_svid",
          "hint",
          "entry_id",
          "id");

  private EntryFile() {}

  /// Reads `file`, or standard input where it is `-`.
  static List<Entry> read(Path file) {
    var bytes = Inputs.bytes(file, SIZE_MAX_BYTES);
    try {
      return entries(file, new ObjectMapper().readTree(bytes));
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
    for (var name : node.properties()) {
      if (!KNOWN.contains(name.getKey())) {
        throw new IllegalArgumentException("unknown field \"" + name.getKey() + "\"");
      }
    }
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
            .setExpiresAt(node.path("expires_at").asLong(node.path("entry_expiry").asLong(0)))
            .setHint(node.path("hint").asText(""));
    node.path("selectors").forEach(selector -> entry.addSelectors(selector(selector)));
    node.path("federates_with").forEach(domain -> entry.addFederatesWith(domain.asText()));
    node.path("dns_names").forEach(name -> entry.addDnsNames(name.asText()));
    return entry.build();
  }

  private static Selector selector(JsonNode node) {
    if (node.isTextual()) {
      return Values.selector(node.asText());
    }
    return Values.selector(node.path("type").asText("") + ":" + node.path("value").asText(""));
  }
}
