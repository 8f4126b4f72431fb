package dev.entente.broker.store;

import com.fasterxml.jackson.databind.JsonNode;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.Slot;
import dev.entente.broker.store.AuthorityJournal.State;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes the journal's rows as documents; kind, slot and end stand in columns of their own.
final class JournalCodec {
  private static final String STATE = "state";
  private static final String AUTHORITY_ID = "authority_id";
  private static final String KEY_IDS = "key_ids";
  private static final String CHAIN = "chain";
  private static final String PUBLISHED_AT = "published_at_millis";
  private static final String NOT_AFTER = "not_after_millis";
  private static final String DETAILS = "details";

  private JournalCodec() {}

  static String write(Row row) {
    var document = JsonText.object();
    document.put(STATE, row.state().name());
    document.put(AUTHORITY_ID, row.authorityId());
    var keyIds = document.putArray(KEY_IDS);
    row.keyIds().forEach(keyIds::add);
    var chain = document.putArray(CHAIN);
    row.chain().forEach(der -> chain.add(der));
    document.put(PUBLISHED_AT, row.publishedAt().toEpochMilli());
    document.put(NOT_AFTER, row.notAfter().toEpochMilli());
    var details = document.putObject(DETAILS);
    row.details().forEach(details::put);
    return JsonText.write(document);
  }

  static Row read(String kind, String slot, String text) {
    var document = JsonText.read(text);
    try {
      return new Row(
          Kind.valueOf(kind),
          Slot.valueOf(slot),
          State.valueOf(document.path(STATE).asText()),
          document.path(AUTHORITY_ID).asText(),
          keyIds(document),
          chain(document),
          Instant.ofEpochMilli(document.path(PUBLISHED_AT).asLong()),
          Instant.ofEpochMilli(document.path(NOT_AFTER).asLong()),
          details(document));
    } catch (IOException | IllegalArgumentException e) {
      throw JsonText.damaged(e);
    }
  }

  static List<String> keyIds(String text) {
    return keyIds(JsonText.read(text));
  }

  private static List<String> keyIds(JsonNode document) {
    List<String> ids = new ArrayList<>();
    document.path(KEY_IDS).forEach(id -> ids.add(id.asText()));
    return ids;
  }

  private static List<byte[]> chain(JsonNode document) throws IOException {
    List<byte[]> chain = new ArrayList<>();
    for (var der : document.path(CHAIN)) {
      chain.add(der.binaryValue());
    }
    return chain;
  }

  private static Map<String, String> details(JsonNode document) {
    Map<String, String> details = new HashMap<>();
    document
        .path(DETAILS)
        .properties()
        .forEach(one -> details.put(one.getKey(), one.getValue().asText()));
    return details;
  }
}
