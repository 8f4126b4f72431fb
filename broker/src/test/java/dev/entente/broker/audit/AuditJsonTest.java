package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditJsonTest {
  private static final JsonMapper READER = new JsonMapper();

  @Test
  void writesMembersInTheirOrder() {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("type", "backup");
    fields.put("sequence", 7L);
    fields.put("segment", 2);
    fields.put("early", true);
    fields.put("caller", Map.of("kind", "local"));
    fields.put("audience", List.of("a", "b"));
    fields.put("none", List.of());

    assertThat(AuditJson.members(fields))
        .isEqualTo(
            "\"type\":\"backup\",\"sequence\":7,\"segment\":2,\"early\":true,"
                + "\"caller\":{\"kind\":\"local\"},\"audience\":[\"a\",\"b\"],\"none\":[]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "\"",
        "\\",
        "a\"b\\c",
        "line\nbreak\r\ttab",
        "\u0000\u0001\u001f\u007f",
        "\u2028\u202e",
        "é",
        "\ud83d\ude00",
        "before \ud800 after"
      })
  void writesAsciiThatAReaderReadsBack(String text) throws Exception {
    var line = "{" + AuditJson.members(Map.of("a", text, text + "key", 1)) + "}";

    assertThat(line).matches("[ -~]*");
    assertThat(READER.readTree(line).get("a").textValue()).isEqualTo(text);
    assertThat(READER.readTree(line).get(text + "key").intValue()).isEqualTo(1);
  }
}
