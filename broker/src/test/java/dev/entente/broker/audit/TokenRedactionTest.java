package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenRedactionTest {
  private static final String REDACTED =
      "<redacted sha256:" + AuditLines.digest("secret-1").substring(0, 12) + ">";

  @ParameterizedTest
  @CsvSource({
    "spiffe://example.org/spire/agent/join_token/secret-1",
    "spiffe_id:spiffe://example.org/spire/agent/join_token/secret-1",
    "/spire/agent/join_token/secret-1",
  })
  void takesTheTokenOutOfAnId(String text) {
    assertThat(TokenRedaction.redact(text))
        .isEqualTo(text.replace("secret-1", REDACTED))
        .doesNotContain("secret-1");
  }

  @Test
  void takesEveryTokenOutOfASentence() {
    assertThat(
            TokenRedaction.redact(
                "denied for \"spiffe://a.org/spire/agent/join_token/secret-1\": not"
                    + " spiffe://a.org/spire/agent/join_token/x!y/more"))
        .isEqualTo(
            "denied for \"spiffe://a.org/spire/agent/join_token/"
                + REDACTED
                + "\": not spiffe://a.org/spire/agent/join_token/<redacted sha256:"
                + AuditLines.digest("x!y").substring(0, 12)
                + ">/more");
  }

  @ParameterizedTest
  @CsvSource({
    "spiffe://example.org/spire/agent/x509pop/join_token",
    "spiffe://example.org/join_token/secret-1",
    "spiffe://example.org/spire/agent/join_token/",
  })
  void leavesEverythingElseAlone(String text) {
    assertThat(TokenRedaction.redact(text)).isEqualTo(text);
  }

  @Test
  void reachesEveryValueOfALine() {
    var id = "spiffe://example.org/spire/agent/join_token/secret-1";

    assertThat(AuditJson.members(Map.of("a", Map.of("b", List.of(Map.of("c", id))))))
        .doesNotContain("secret-1")
        .contains(REDACTED);
  }
}
