package dev.entente.attestors.azure;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What a node sends in answer to the nonce.
///
/// @param encoding how the document is signed, as the metadata service says: `pkcs7`
/// @param signature base64 of the PKCS#7 message with the document in it
/// @param tenantDomain whose machine it is, by the node's own word
/// @param scaleSet in which scale set it is, by the node's own word
record AzureImdsPayload(
    String encoding, String signature, String tenantDomain, Optional<String> scaleSet) {
  static final String TYPE = "azure_imds";

  byte[] toJson() {
    var document = new LinkedHashMap<String, Object>();
    document.put("encoding", encoding);
    document.put("signature", signature);
    var metadata = new LinkedHashMap<String, Object>();
    metadata.put("agentDomain", tenantDomain);
    metadata.put("vmssName", scaleSet.<Object>map(name -> name).orElse(Optional.empty()));
    var members = new LinkedHashMap<String, Object>();
    members.put("document", document);
    members.put("metadata", metadata);
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  /// @throws IllegalArgumentException if it is not what a node sends
  static AzureImdsPayload parse(byte[] json) {
    var members = Json.parseObject(json);
    var document = object(members, "document");
    var metadata = object(members, "metadata");
    var scaleSet = text(metadata, "vmssName");
    return new AzureImdsPayload(
        text(document, "encoding"),
        text(document, "signature"),
        text(metadata, "agentDomain"),
        scaleSet.isEmpty() ? Optional.empty() : Optional.of(scaleSet));
  }

  private static Map<?, ?> object(Map<?, ?> members, String name) {
    if (members.get(name) instanceof Map<?, ?> object) {
      return object;
    }
    throw new IllegalArgumentException("\"" + name + "\" is not an object");
  }

  private static String text(Map<?, ?> members, String name) {
    return switch (members.get(name)) {
      case String text -> text;
      case null -> "";
      case Optional<?> _ -> ""; // JSON's null
      default -> throw new IllegalArgumentException("\"" + name + "\" is not text");
    };
  }
}
