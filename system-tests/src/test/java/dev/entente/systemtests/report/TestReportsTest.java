package dev.entente.systemtests.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The reports of test runs")
class TestReportsTest {
  @TempDir private Path root;

  private Path build(String module, String time) throws IOException {
    var build = root.resolve(module + "/target/open-test-report/" + time);
    var jvm = build.resolve("1");
    Files.createDirectories(jvm);
    Files.writeString(jvm.resolve("open-test-report.xml"), "<events/>");
    return build;
  }

  @Test
  void areForgottenButThoseOfTheNewestBuildsOfEachModule() throws IOException {
    var oldest = build("spiffe", "2026-11-21T23:59:59Z");
    var older = build("spiffe", "2026-11-22T09:00:00Z");
    var newer = build("spiffe", "2026-11-22T10:00:00Z");
    var newest = build("spiffe", "2026-11-22T10:00:01Z");
    var only = build("rpc", "2026-11-20T10:00:00Z");
    var system = root.resolve("system-tests/target/open-test-report-it");
    Files.createDirectories(system);

    TestReports.forgetAllBut(3, root);

    assertThat(oldest).doesNotExist();
    assertThat(older).isNotEmptyDirectory();
    assertThat(newer).isNotEmptyDirectory();
    assertThat(newest).isNotEmptyDirectory();
    assertThat(only).isNotEmptyDirectory();
    assertThat(system).exists();
  }

  @Test
  void ofAModuleThatHasNotBeenBuiltAreNone() throws IOException {
    Files.createDirectories(root.resolve("spiffe"));

    TestReports.forgetAllBut(3, root);

    assertThat(TestReports.read(root)).isEmpty();
  }
}
