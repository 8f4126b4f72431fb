package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.entente.runtime.DefaultPlaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The default socket of somebody who has no directory of his own")
class PlacesTest {
  private static final DefaultPlaces SHARED = new DefaultPlaces(false, Map.of());

  private Path socket;

  @BeforeEach
  void make(@TempDir Path directory) throws IOException {
    socket = Files.createDirectory(directory.resolve("broker")).resolve("broker.sock");
  }

  private Path place(DefaultPlaces places) {
    return Places.defaultPlace(places, Places.BROKER_SOCKET, _ -> socket);
  }

  @Test
  void isUsedInHisOwnDirectory() {
    assertThat(place(SHARED)).isEqualTo(socket);
  }

  @Test
  void isUsedWhereNobodyWasFirst() {
    socket = socket.resolveSibling("absent/broker.sock");

    assertThat(place(SHARED)).isEqualTo(socket);
  }

  @Test
  void isRefusedInADirectoryInWhichOthersMayWrite() throws IOException {
    Files.setAttribute(socket.resolveSibling(""), "unix:mode", 0777);

    assertThatExceptionOfType(Failure.class)
        .isThrownBy(() -> place(SHARED))
        .withMessageContaining(socket.toString())
        .satisfies(e -> assertThat(e.cause()).contains("others may write there"))
        .satisfies(e -> assertThat(e.fix()).contains("--socket PATH", "ENTENTE_BROKER_SOCKET"));
  }

  @Test
  void isRefusedInTheDirectoryOfAnotherUser() throws IOException {
    assumeThat((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).isZero();
    Files.setAttribute(socket.resolveSibling(""), "unix:uid", 4711);

    assertThatExceptionOfType(Failure.class)
        .isThrownBy(() -> place(SHARED))
        .satisfies(e -> assertThat(e.cause()).contains("belongs to user 4711"));
  }

  @Test
  void isNotLookedAtBelowTheRuntimeDirectoryOrAsRoot() throws IOException {
    Files.setAttribute(socket.resolveSibling(""), "unix:mode", 0777);

    assertThat(place(new DefaultPlaces(false, Map.of("XDG_RUNTIME_DIR", "/run/user/1000"))))
        .isEqualTo(socket);
    assertThat(place(new DefaultPlaces(true, Map.of()))).isEqualTo(socket);
  }

  @Test
  void isNotLookedAtWhenItIsNamed() throws IOException {
    Files.setAttribute(socket.resolveSibling(""), "unix:mode", 0777);

    assertThat(Places.brokerSocket(Map.of(Places.BROKER_SOCKET, socket.toString())))
        .isEqualTo(socket);
  }
}
