package dev.entente.broker.authority;

import dev.entente.spiffe.JwsAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Writes the claims of a token as JSON, without a tree in between.
final class ClaimsWriter {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder json = new StringBuilder(256).append('{');

  ClaimsWriter texts(String name, List<String> values) {
    name(name).append('[');
    for (var i = 0; i < values.size(); i++) {
      if (i > 0) {
        json.append(',');
      }
      quoted(values.get(i));
    }
    json.append(']');
    return this;
  }

  ClaimsWriter text(String name, String value) {
    name(name);
    quoted(value);
    return this;
  }

  ClaimsWriter seconds(String name, long epochSeconds) {
    name(name).append(epochSeconds);
    return this;
  }

  /// The `cnf` claim with a public key whose members are texts (RFC 7800 §3.2).
  ClaimsWriter confirmation(Map<String, Object> jwk, JwsAlgorithm algorithm) {
    name("cnf").append("{\"jwk\":{\"alg\":\"").append(algorithm.name()).append('"');
    jwk.forEach((member, value) -> {
      json.append(",\"").append(member).append("\":");
      quoted(String.valueOf(value));
    });
    json.append("}}");
    return this;
  }

  byte[] toBytes() {
    return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  private StringBuilder name(String name) {
    if (json.length() > 1) {
      json.append(',');
    }
    return json.append('"').append(name).append("\":");
  }

  /// RFC 8259 §7; a lone surrogate is escaped, so that what is signed is what a reader sees.
  private void quoted(String value) {
    json.append('"');
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
        escaped(c);
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  private void escaped(char c) {
    json.append("\\u");
    for (var shift = 12; shift >= 0; shift -= 4) {
      json.append(HEX.charAt((c >> shift) & 0xf));
    }
  }
}
