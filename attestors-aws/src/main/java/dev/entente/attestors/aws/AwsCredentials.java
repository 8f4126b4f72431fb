package dev.entente.attestors.aws;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// What a process signs its requests to AWS with.
///
/// @param secret never shown
/// @param sessionToken accompanies temporary credentials; empty for those of a user
record AwsCredentials(String accessKeyId, String secret, String sessionToken) {

  /// Reads what a metadata or container service hands out.
  ///
  /// @throws IllegalArgumentException if it has no key, for example because the role cannot be
  ///   assumed; the message quotes nothing
  static AwsCredentials parse(String json) {
    var members = Json.parseObject(json.getBytes(StandardCharsets.UTF_8));
    return new AwsCredentials(
        text(members, "AccessKeyId"), text(members, "SecretAccessKey"), text(members, "Token"));
  }

  private static String text(Map<String, Object> members, String name) {
    if (members.get(name) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw new IllegalArgumentException("the credentials have no \"" + name + "\"");
  }

  @Override
  public String toString() {
    return "AwsCredentials[" + accessKeyId + "]";
  }
}
