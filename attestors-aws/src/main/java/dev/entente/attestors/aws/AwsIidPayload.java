package dev.entente.attestors.aws;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a node sends: the document and its signatures, as the metadata service serves them.
///
/// @param document the document's text
/// @param signature base64 of the RSA-1024 signature, for brokers that know nothing better; ours
///   does not look at it
/// @param rsa2048 base64 of the PKCS#7 message with the document in it, without PEM's armour; empty
///   if the node sent none
record AwsIidPayload(String document, String signature, String rsa2048) {
  static final String TYPE = "aws_iid";

  byte[] toJson() {
    var members = new LinkedHashMap<String, Object>();
    members.put("document", document);
    members.put("signature", signature);
    members.put("rsa2048", rsa2048);
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  /// @throws IllegalArgumentException if it is not what a node sends
  static AwsIidPayload parse(byte[] json) {
    var members = Json.parseObject(json);
    return new AwsIidPayload(
        text(members, "document"), text(members, "signature"), text(members, "rsa2048"));
  }

  private static String text(Map<String, Object> members, String name) {
    return switch (members.getOrDefault(name, "")) {
      case String text -> text;
      default -> throw new IllegalArgumentException("\"" + name + "\" is not text");
    };
  }
}
