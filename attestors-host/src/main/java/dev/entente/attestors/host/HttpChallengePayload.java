package dev.entente.attestors.host;

import dev.entente.spiffe.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.regex.Pattern;

/// Where an agent says that it can be asked.
///
/// @param hostName a DNS name in lower case, or an IPv4 address; one host has one spelling
/// @param agentName tells agents of one host apart
/// @param port 1 to 65535
record HttpChallengePayload(String hostName, String agentName, int port) {
  private static final int PORT_MAX = 65535;
  private static final int HOST_MAX_CHARS = 253;

  /// Letters, digits and hyphens in labels; the underscore is in names of real machines.
  private static final Pattern HOST =
      Pattern.compile(
          "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*");

  private static final Pattern ADDRESS =
      Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");

  /// A resolver reads such a name as an address, in one of many spellings.
  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?:.*\\.)?(?:\\d+|0x[0-9a-f]*)");

  private static final Pattern AGENT = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]{0,31}");

  HttpChallengePayload {
    boolean named =
        hostName.length() <= HOST_MAX_CHARS
            && HOST.matcher(hostName).matches()
            && !ENDS_IN_NUMBER.matcher(hostName).matches();
    if (!named && !ADDRESS.matcher(hostName).matches()) {
      throw new IllegalArgumentException(
          "\"hostname\" is no DNS name in lower case, nor an IPv4 address");
    }
    if (!AGENT.matcher(agentName).matches()) {
      throw new IllegalArgumentException(
          "\"agentname\" is not a letter and at most 31 letters, digits and hyphens");
    }
    if (port < 1 || port > PORT_MAX) {
      throw new IllegalArgumentException("\"port\" is " + port + ", not 1 to " + PORT_MAX);
    }
  }

  /// Reads a payload.
  ///
  /// @throws IllegalArgumentException if it is none
  static HttpChallengePayload parse(byte[] json) {
    var members = Json.parseObject(json);
    if (members.get("hostname") instanceof String host
        && members.get("agentname") instanceof String agent
        && members.get("port") instanceof Long port
        && port <= PORT_MAX
        && port >= 0) {
      return new HttpChallengePayload(host, agent, Math.toIntExact(port));
    }
    throw new IllegalArgumentException(
        "the payload has no \"hostname\", \"agentname\" and \"port\"");
  }

  byte[] toJson() {
    var members = new LinkedHashMap<String, Object>();
    members.put("hostname", hostName);
    members.put("agentname", agentName);
    members.put("port", (long) port);
    return Json.write(members).getBytes(StandardCharsets.UTF_8);
  }

  /// Where the agent shows the nonce.
  String path() {
    return "/.well-known/spiffe/nodeattestor/http_challenge/" + agentName + "/challenge";
  }
}
