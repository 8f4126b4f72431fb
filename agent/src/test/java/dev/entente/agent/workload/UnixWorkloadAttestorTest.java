package dev.entente.agent.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnixWorkloadAttestorTest {
  private static final Path CAT = Path.of("/bin/cat");

  @TempDir private Path directory;

  private Optional<Process> child = Optional.empty();

  @AfterEach
  void endChild() {
    child.ifPresent(Process::destroyForcibly);
  }

  @Test
  void isFoundThroughTheServiceLoader() {
    assertThat(ServiceLoader.load(WorkloadAttestor.Provider.class))
        .extracting(WorkloadAttestor.Provider::type)
        .contains("unix");
  }

  @Test
  void namesUserAndGroupsByNumberAndName() throws Exception {
    var found = values(attestor(Optional.empty()).attest(self()));

    long uid = Long.parseLong(output("id", "-u"));
    assertThat(found)
        .contains("uid:" + uid, "user:" + output("id", "-un"))
        .contains("gid:" + output("id", "-g"), "group:" + output("id", "-gn"))
        .noneMatch(value -> value.startsWith("path:") || value.startsWith("sha256:"));
    for (var gid : supplementaryGroups()) {
      assertThat(found).contains("supplementary_gid:" + gid);
    }
  }

  /// The kernel cuts a name off after fifteen bytes, in the middle of a character if need be, and
  /// escapes only line feeds and backslashes.
  @ParameterizedTest
  @ValueSource(strings = {"\u00e3\u0083", "x\rUid:\t0\t0", "x\rUid:root"})
  void attestsAProcessWhateverItCallsItself(String name) throws Exception {
    var status =
        Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)
            .replaceFirst("Name:.*", "Name:\t" + name);
    var process = Files.createDirectory(directory.resolve(Long.toString(self().pid())));
    Files.writeString(process.resolve("status"), status, StandardCharsets.ISO_8859_1);

    var found = values(attestor(new ProcFs(directory), Optional.empty()).attest(self()));

    assertThat(found).contains("uid:" + self().uid(), "gid:" + self().gid());
  }

  @Test
  void namesPathAndDigestOfTheExecutable() throws Exception {
    var program = program("worker");

    var found = values(attestor(Optional.of(0L)).attest(start(program)));

    assertThat(found).contains("path:" + program, "sha256:" + sha256(program));
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "0, 1"})
  void saysNothingOfAProcessThatHasAnotherUserOrGroupThanWhenItConnected(int uid, int gid) {
    var connected = new Workload(self().pid(), self().uid() + uid, self().gid() + gid);

    assertThatThrownBy(() -> attestor(Optional.empty()).attest(connected))
        .isInstanceOf(AttestationFault.class)
        .hasRootCauseMessage(
            "process %d connected as %d:%d and is now %d:%d",
            self().pid(), connected.uid(), connected.gid(), self().uid(), self().gid());
  }

  @Test
  void givesADeletedExecutableADigestButNoPath() throws Exception {
    var program = program("worker");
    var digest = sha256(program);
    var workload = start(program);
    Files.delete(program);

    var found = values(attestor(Optional.of(0L)).attest(workload));

    assertThat(found).contains("sha256:" + digest).noneMatch(value -> value.startsWith("path:"));
  }

  @Test
  void givesNoPathWhenAnotherFileHasTakenTheName() throws Exception {
    var program = program("worker");
    var workload = start(program);
    Files.delete(program);
    Files.writeString(program, "something else");

    var found = values(attestor(Optional.of(0L)).attest(workload));

    assertThat(found).noneMatch(value -> value.startsWith("path:"));
  }

  @Test
  void failsForAnExecutableOverTheSizeLimit() throws Exception {
    var program = program("worker");
    long size = Files.size(program);
    var workload = start(program);

    assertThat(values(attestor(Optional.of(size)).attest(workload)))
        .anyMatch(value -> value.startsWith("sha256:"));
    assertThatThrownBy(() -> attestor(Optional.of(size - 1)).attest(workload))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("executable has %d bytes, limit is %d".formatted(size, size - 1));
  }

  @Test
  void hashesNothingWithANegativeLimit() throws Exception {
    var program = program("worker");

    var found = values(attestor(Optional.of(-1L)).attest(start(program)));

    assertThat(found).contains("path:" + program).noneMatch(value -> value.startsWith("sha256:"));
  }

  @Test
  void failsForAProcessThatIsGone() throws Exception {
    var workload = start(program("worker"));
    child.orElseThrow().destroyForcibly().waitFor();

    assertThatThrownBy(() -> attestor(Optional.empty()).attest(workload))
        .isInstanceOf(AttestationFault.class);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "-1,-1", "1024,1024", "4KiB,4096", "64 MiB,67108864", "1gib,1073741824"})
  void readsSizes(String text, long bytes) {
    assertThat(UnixWorkloadAttestorProvider.parseSize(text)).isEqualTo(bytes);
  }

  private static UnixWorkloadAttestor attestor(Optional<Long> sizeLimit) {
    return attestor(ProcFs.system(), sizeLimit);
  }

  private static UnixWorkloadAttestor attestor(ProcFs processes, Optional<Long> sizeLimit) {
    return new UnixWorkloadAttestor(
        processes,
        new CachedNames(new LibcNames()),
        sizeLimit.map(limit -> new ExecutableDigests(limit, InstantSource.system())));
  }

  private Path program(String name) throws IOException {
    var copy = directory.toRealPath().resolve(name);
    Files.copy(CAT.toRealPath(), copy);
    copy.toFile().setExecutable(true);
    return copy;
  }

  private Workload start(Path program) throws IOException {
    var process = new ProcessBuilder(program.toString()).start();
    child = Optional.of(process);
    // It echoes, so it runs the program by now and not the launcher that becomes it.
    process.outputWriter().append("x\n").flush();
    assertThat(process.inputReader().readLine()).isEqualTo("x");
    return ours(process.pid());
  }

  static Workload self() {
    return ours(ProcessHandle.current().pid());
  }

  /// A process with the user and group of this one.
  static Workload ours(long pid) {
    try {
      var self = Path.of("/proc/self");
      return new Workload(
          Math.toIntExact(pid),
          (int) Files.getAttribute(self, "unix:uid"),
          (int) Files.getAttribute(self, "unix:gid"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> values(List<Selector> selectors) {
    assertThat(selectors).allMatch(selector -> selector.type().equals("unix"));
    return selectors.stream().map(Selector::value).toList();
  }

  private static List<String> supplementaryGroups() throws IOException {
    var line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(text -> text.startsWith("Groups:"))
            .findFirst()
            .orElseThrow();
    return List.of(line.substring("Groups:".length()).trim().split("\\s+", -1)).stream()
        .filter(text -> !text.isEmpty())
        .toList();
  }

  private static String sha256(Path file) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }

  private static String output(String... command) throws IOException {
    try (var reader = new ProcessBuilder(command).start().inputReader()) {
      return reader.readLine();
    }
  }
}
