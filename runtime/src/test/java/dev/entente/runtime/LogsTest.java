package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LogsTest {
  private static final Logger LOG = LoggerFactory.getLogger(LogsTest.class);

  @TempDir Path dir;

  @AfterEach
  void restore() throws IOException {
    Logs.start(LogOptions.DEFAULT);
  }

  @Test
  void writesTextWithFieldsOnOneLine() throws IOException {
    var file = started(LogFormat.TEXT);

    LOG.atInfo()
        .addKeyValue(Fields.ENTRY_ID, "e1")
        .addKeyValue(Fields.REASON, "a \"b\"\nforged line")
        .log("Created entry");

    assertThat(Files.readString(file))
        .matches(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  Created entry"
                + " entry_id=e1 reason=\"a \\\\\"b\\\\\"\\\\nforged line\"\n");
  }

  @Test
  void aCauseForgesNoLine() throws IOException {
    var file = started(LogFormat.TEXT);
    var forged = "x\n2026-11-23T01:02:03.000Z INFO  Attested node\r\u001b[2J";

    LOG.atWarn().setCause(new IOException(forged, new IOException(forged))).log("Failed");

    var lines = Files.readAllLines(file);
    assertThat(lines.getFirst()).endsWith("Failed");
    assertThat(lines.subList(1, lines.size()))
        .anyMatch(line -> line.contains("Attested node"))
        .allMatch(line -> line.startsWith("\t"))
        .noneMatch(line -> line.contains("\u001b"));
  }

  @Test
  void writesOneJsonObjectALine() throws IOException {
    var file = started(LogFormat.JSON);

    LOG.atWarn()
        .addKeyValue(Fields.COUNT, 3)
        .addKeyValue(Fields.ERROR, "x\u0007\u2028y")
        .setCause(new IllegalStateException("boom"))
        .log("Something was odd");

    var lines = Files.readAllLines(file);
    assertThat(lines).hasSize(1);
    var json = new ObjectMapper().readTree(lines.getFirst());
    assertThat(json.get("level").asText()).isEqualTo("warn");
    assertThat(json.get("message").asText()).isEqualTo("Something was odd");
    assertThat(json.get("count").asInt()).isEqualTo(3);
    assertThat(json.get("error").asText()).isEqualTo("x\u0007\u2028y");
    assertThat(json.get("stack").asText()).contains("IllegalStateException: boom");
  }

  @Test
  void cutsOutPrivateKeysAndTokens() throws IOException {
    var file = started(LogFormat.TEXT);
    var key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----";
    var token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

    LOG.atError().addKeyValue(Fields.ERROR, key).setCause(new IOException(token)).log("Failed");

    assertThat(Files.readString(file))
        .doesNotContain("MHcCAQEE", "c2lnbmF0dXJl")
        .contains(Redaction.PLACEHOLDER);
  }

  @Test
  void changesTheLevelAtRunTime() throws IOException {
    var file = started(LogFormat.TEXT);

    LOG.debug("Before");
    Logs.setLevel(LogLevel.DEBUG);
    LOG.debug("After");

    assertThat(Logs.level()).isEqualTo(LogLevel.DEBUG);
    assertThat(Files.readString(file)).doesNotContain("Before").contains("DEBUG After");
  }

  @Test
  void keepsLibrariesQuietBelowTrace() throws IOException {
    var file = started(LogFormat.TEXT);
    var library = LoggerFactory.getLogger("io.vertx.x");

    library.info("Hidden");
    library.warn("Shown");

    assertThat(Files.readString(file)).doesNotContain("Hidden").contains("Shown");
  }

  @Test
  void writesToANewFileAfterRotation() throws IOException {
    var file = started(LogFormat.TEXT);
    LOG.info("First");
    var rotated = Files.move(file, dir.resolve("log.1"));

    LOG.info("Second");
    Logs.reopen();
    LOG.info("Third");

    assertThat(Files.readString(rotated)).contains("First", "Second").doesNotContain("Third");
    assertThat(Files.readString(file)).contains("Third");
  }

  private Path started(LogFormat format) throws IOException {
    var file = dir.resolve("log");
    Logs.start(new LogOptions(format, LogLevel.INFO, Optional.of(file)));
    return file;
  }
}
