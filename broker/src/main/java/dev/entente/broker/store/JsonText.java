package dev.entente.broker.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/// Writes and reads the small documents that stand in text columns. What is read was written here,
/// so anything odd means a damaged or tampered file.
final class JsonText {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

  private JsonText() {}

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  static String write(JsonNode node) {
    return node.toString();
  }

  static String write(Map<String, String> texts) {
    return JSON.valueToTree(new TreeMap<>(texts)).toString();
  }

  static JsonNode read(String document) {
    try {
      return JSON.readTree(document);
    } catch (JsonProcessingException e) {
      throw damaged(e);
    }
  }

  static Map<String, String> readTexts(String document) {
    try {
      return JSON.readValue(document, TEXTS);
    } catch (JsonProcessingException e) {
      throw damaged(e);
    }
  }

  static StoreException damaged(Exception cause) {
    return new StoreException(
        StoreException.Kind.CORRUPT, "a document in the store cannot be read", cause);
  }
}
