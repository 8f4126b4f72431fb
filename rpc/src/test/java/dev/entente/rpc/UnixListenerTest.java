package dev.entente.rpc;

import static dev.entente.rpc.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.entente.runtime.SafeWay;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UnixListenerTest {
  @TempDir Path directory;
  private final TestServer server = new TestServer();

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private void assertRefused(Path path, String why) {
    assertThatThrownBy(() -> server.listen(path))
        .hasRootCauseMessage("socket \"" + path + "\" not opened: " + why);
  }

  private void assertOpenToOthers(Path path, Path directory, String mode) {
    assertRefused(
        path,
        "%s has mode %s: others may write there (chmod go-w, or choose another place)"
            .formatted(directory, mode));
  }

  @ParameterizedTest
  @ValueSource(ints = {0777, 0770})
  void makesDirectoryAndSocketWithTheModesAsked(int mode) throws Exception {
    Path path = directory.resolve("deep/run/api.sock");

    await(RpcServer.listen(server.vertx, new UnixSocket(path, mode, 0750), server.router));

    assertThat((int) Files.getAttribute(path, "unix:mode") & 07777).isEqualTo(mode);
    assertThat((int) Files.getAttribute(path.getParent(), "unix:mode") & 07777).isEqualTo(0750);
    // The passing directory is gone.
    try (var files = Files.list(path.getParent())) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void acceptsAPathOf107BytesAndRefusesOneOf108() throws Exception {
    Path longest = pathOf(107);

    server.listen(longest);

    assertThat(longest).exists();
    assertRefused(pathOf(108), "the path has 108 bytes, the limit is 107");
  }

  private Path pathOf(int bytes) {
    int name = bytes - directory.toString().length() - 1;
    return directory.resolve("s".repeat(name));
  }

  @Test
  void refusesARelativePath() {
    assertRefused(Path.of("api.sock"), "the path is not absolute");
  }

  @Test
  void replacesAStaleSocketFile() throws Exception {
    Path path = directory.resolve("api.sock");
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();

    server.listen(path);

    assertThat(path).exists();
  }

  @Test
  void refusesAPlaceWhereAnotherProcessServes() throws Exception {
    Path path = directory.resolve("api.sock");
    try (var live = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      live.bind(UnixDomainSocketAddress.of(path));

      assertRefused(path, "another process serves there");
    }
  }

  @Test
  void refusesASymbolicLinkInTheSocketsPlace() throws Exception {
    Path path = directory.resolve("api.sock");
    Files.createSymbolicLink(path, directory.resolve("elsewhere"));

    assertRefused(path, "a symbolic link is in its place");
    assertThat(path).isSymbolicLink();
  }

  @Test
  void refusesAFileInTheSocketsPlace() throws Exception {
    Path path = directory.resolve("api.sock");
    Files.writeString(path, "precious");

    assertRefused(path, "a file that is not a socket is in its place");
    assertThat(path).hasContent("precious");
  }

  @Test
  void refusesADirectoryThatOthersMayWriteTo() throws Exception {
    Path open = Files.createDirectory(directory.resolve("open"));
    Files.setAttribute(open, "unix:mode", 0777);
    assertOpenToOthers(open.resolve("s"), open, "777");

    // As /tmp: others may write, and cannot rename what is ours.
    Files.setAttribute(open, "unix:mode", 01777);
    server.listen(open.resolve("s"));
  }

  @Test
  void refusesAPlaceBelowADirectoryThatOthersMayWriteTo() throws Exception {
    Path open = Files.createDirectory(directory.resolve("open"));
    Path closed = Files.createDirectories(open.resolve("a/b"));
    Files.setAttribute(open, "unix:mode", 0775);
    assertOpenToOthers(closed.resolve("s"), open, "775");

    Files.setAttribute(open, "unix:mode", 01775);
    server.listen(closed.resolve("s"));
  }

  @Test
  void makesNoDirectoryBelowOneThatOthersMayWriteTo() throws Exception {
    Path open = Files.createDirectory(directory.resolve("open"));
    Files.setAttribute(open, "unix:mode", 0777);

    assertOpenToOthers(open.resolve("a/b/s"), open, "777");
    assertThat(open).isEmptyDirectory();
  }

  @Test
  void checksTheWayToTheTargetOfASymbolicLinkOnTheWay() throws Exception {
    Path open = Files.createDirectory(directory.resolve("open"));
    Path real = Files.createDirectories(open.resolve("real/run"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("open/real"));
    server.listen(link.resolve("run/s"));
    assertThat(real.resolve("s")).exists();

    Files.setAttribute(open, "unix:mode", 0777);
    assertOpenToOthers(link.resolve("run/t"), open, "777");
  }

  @Test
  void refusesALoopOfSymbolicLinks() throws Exception {
    Path a = directory.resolve("a");
    Files.createSymbolicLink(a, directory.resolve("b"));
    Files.createSymbolicLink(directory.resolve("b"), a);

    assertThatThrownBy(() -> SafeWay.require(a))
        .hasMessageEndingWith("leads over more than 40 symbolic links");
  }

  @Test
  void refusesAPlaceBelowTheDirectoryOfAnotherUser() throws Exception {
    assumeThat((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).isZero();
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    Path ours = Files.createDirectory(theirs.resolve("ours"));
    Files.setAttribute(theirs, "unix:uid", 4711);

    assertRefused(ours.resolve("s"), theirs + " belongs to user 4711, not to us or root");
  }

  @Test
  void refusesASymbolicLinkAsDirectory() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);

    assertRefused(link.resolve("s"), link + " is not a directory");
  }

  @Test
  void removesItsOwnSocketAndLeavesASuccessors() throws Exception {
    Path path = directory.resolve("api.sock");
    var first = server.listen(path);
    Files.delete(path);
    var second = server.listen(path);

    await(first.close());
    assertThat(path).exists();

    await(second.close());
    assertThat(path).doesNotExist();
  }
}
