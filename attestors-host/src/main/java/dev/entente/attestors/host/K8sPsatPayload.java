package dev.entente.attestors.host;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.regex.Pattern;

/// What an agent in a pod sends.
///
/// @param cluster whose API server is to be asked, by the name the operator gave it
/// @param token of the pod's service account; three parts of base64url, not looked into
record K8sPsatPayload(String cluster, String token) {
  private static final Pattern TOKEN =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  K8sPsatPayload {
    if (!TOKEN.matcher(token).matches()) {
      throw new IllegalArgumentException("\"token\" is no token of a service account");
    }
  }

  /// Reads a payload.
  ///
  /// @throws IllegalArgumentException if it is none
  static K8sPsatPayload parse(byte[] json) {
    var members = Json.parseObject(json);
    if (members.get("cluster") instanceof String cluster
        && members.get("token") instanceof String token) {
      return new K8sPsatPayload(cluster, token.strip());
    }
    throw new IllegalArgumentException("the payload has no \"cluster\" and \"token\"");
  }

  byte[] toJson() {
    var members = new LinkedHashMap<String, Object>();
    members.put("cluster", cluster);
    members.put("token", token);
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "K8sPsatPayload[" + cluster + "]";
  }
}
