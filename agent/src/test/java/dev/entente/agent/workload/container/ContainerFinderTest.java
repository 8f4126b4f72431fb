package dev.entente.agent.workload.container;

import static dev.entente.agent.workload.container.PlaceNameTest.ID;
import static dev.entente.agent.workload.container.PlaceNameTest.POD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerFinderTest {
  private static final int PID = 123;
  private static final String OTHER = ID.replace('9', 'a');
  private static final String OUTSIDE = "0::/user.slice/user-1000.slice/session-3.scope\n";
  private static final String MOUNTED =
      "31 30 0:29 / / rw - overlay overlay rw\n"
          + "32 31 0:30 / /local rw,relatime - tmpfs  rw,size=8k\n"
          + "33 31 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
          + "34 31 0:31 /docker/%s /mnt rw shared:1 master:2 - cgroup2 cgroup rw\n".formatted(ID);

  @TempDir private Path directory;

  private FakeProc proc;

  @BeforeEach
  void makeProc() {
    proc = new FakeProc(directory);
  }

  @Test
  void findsAContainerInTheUnifiedHierarchy() throws Exception {
    proc.process(PID, "0::/system.slice/docker-" + ID + ".scope\n");

    var container = proc.finder().find(PID).orElseThrow();

    assertThat(container.id()).isEqualTo(ID);
    assertThat(container.podman()).isEmpty();
    assertThat(container.maker()).isEmpty();
  }

  @Test
  void findsAContainerAndItsPodInManyHierarchies() throws Exception {
    var path = "/kubepods/burstable/pod" + POD + "/" + ID;
    proc.process(PID, "11:cpu,cpuacct:" + path + "\n4:pids:" + path + "\n1:name=systemd:" + path);

    var name = proc.finder().find(PID).orElseThrow().name();

    assertThat(name.containerId()).isEqualTo(ID);
    assertThat(name.podUid()).contains(POD);
  }

  @Test
  void findsNoneOutsideOfContainers() throws Exception {
    proc.process(PID, OUTSIDE).mounts(PID, "33 31 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");

    assertThat(proc.finder().find(PID)).isEmpty();
  }

  @Test
  void findsNoneForAProcessThatIsGone() throws Exception {
    assertThat(proc.finder().find(PID)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "two containers | 2:cpu:/docker/ID\\n1:pids:/docker/OTHER | different containers",
        "a container in one only | 2:cpu:/docker/ID\\n1:pids:/elsewhere | different containers",
        "two pods | 2:cpu:/podPOD/ID\\n1:pids:/podOTHER/ID | different pods",
        "two containers of a pod | 2:cpu:/podPOD/ID\\n1:pids:/podPOD/OTHER | different containers",
        "no fields | docker | were not read",
      })
  void refusesGroupsThatContradictEachOther(String name, String cgroup, String expected) {
    proc.process(PID, lines(cgroup));

    assertThatThrownBy(() -> proc.finder().find(PID))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining(expected);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "the pod first | 2:cpu:/docker/OTHER/podPOD/ID\\n0::/docker/OTHER/system.slice",
        "the pod last | 2:cpu:/docker/OTHER\\n1:pids:/docker/OTHER/podPOD/ID",
      })
  void believesAHierarchyThatNamesAPodOverOneThatNamesNone(String name, String cgroup)
      throws Exception {
    proc.process(PID, lines(cgroup));

    assertThat(proc.finder().find(PID).orElseThrow().id()).isEqualTo(ID);
  }

  @Test
  void asksTheMountsOnlyIfNoGroupNamesAContainer() throws Exception {
    proc.process(PID, "0::/\n").mounts(PID, MOUNTED);
    proc.process(PID + 1, "0::/docker/" + OTHER + "\n").mounts(PID + 1, MOUNTED);

    assertThat(proc.finder().find(PID).orElseThrow().id()).isEqualTo(ID);
    assertThat(proc.finder().find(PID + 1).orElseThrow().id()).isEqualTo(OTHER);
  }

  @Test
  void refusesMountsThatTheProcessCouldHaveMade() {
    proc.process(PID, OUTSIDE).mounts(PID, MOUNTED).userNamespace("" + PID, "user:[2]");

    assertThatThrownBy(() -> proc.finder().find(PID))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("only by mounts that it could have made itself");
  }

  @ParameterizedTest
  @CsvSource({
    "34 31 0:31 /docker /mnt rw",
    "34 31 0:31 /docker - cgroup2 cgroup rw",
    "34 31 0:31 /docker /mnt rw -",
    "-",
  })
  void refusesMountsItCannotRead(String mountinfo) {
    proc.process(PID, OUTSIDE).mounts(PID, mountinfo);

    assertThatThrownBy(() -> proc.finder().find(PID))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("were not read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/user.slice/user-4242.slice/user@4242.service/docker-ID.scope | 4242",
        "/user.slice/user-4242.slice/user-0.slice/docker-ID.scope | 4242",
        "/system.slice/docker-ID.scope | -1",
        "/system.slice/docker-ID.scope/user-4242.slice/x | -1",
      })
  void knowsWhichUserCouldHaveMadeAGroup(String path, long user) throws Exception {
    proc.process(PID, "0::" + PlaceNameTest.filled(path));

    assertThat(proc.finder().find(PID).orElseThrow().maker())
        .isEqualTo(user < 0 ? OptionalLong.empty() : OptionalLong.of(user));
  }

  @ParameterizedTest
  @CsvSource({"'',unified", "'',.", "cpu,cpu", "name=systemd,systemd"})
  void knowsWhoOwnsTheDirectoryAGroupWasMadeIn(String controllers, String mountPoint)
      throws Exception {
    var parent = proc.cgroup(mountPoint).resolve("system.slice/web.service");
    Files.createDirectories(parent);
    long self = CgroupMaker.uid(parent);
    if (self == 0) {
      Files.setAttribute(parent, "unix:uid", 4242);
    }
    long owner = self == 0 ? 4242 : self;
    var home = "/system.slice/web.service/docker-" + ID + ".scope";
    var group = new Cgroup("1", controllers, home + "/below");

    assertThat(new CgroupMaker(directory.resolve("cgroup"), owner + 1).of(List.of(group), home))
        .isEqualTo(OptionalLong.of(owner));
    assertThat(new CgroupMaker(directory.resolve("cgroup"), owner).of(List.of(group), home))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/system.slice/web.service/..x, true",
    "/system.slice/web.service/..x, false",
    "/system.slice/web.service/gone/gone, false",
  })
  void knowsWhoOwnsTheGroupAboveThoseThatAUserNamedOddlyOrTookAway(String parent, boolean isThere)
      throws Exception {
    var service = proc.cgroup("system.slice/web.service");
    long self = CgroupMaker.uid(service);
    if (self == 0) {
      Files.setAttribute(service, "unix:uid", 4242);
    }
    long owner = self == 0 ? 4242 : self;
    if (isThere) {
      var made = Files.createDirectories(service.resolve("..x"));
      if (self == 0) {
        Files.setAttribute(made, "unix:uid", 4242);
      }
    }
    var home = parent + "/docker-" + ID + ".scope";

    assertThat(
            new CgroupMaker(directory.resolve("cgroup"), owner + 1)
                .of(List.of(new Cgroup("0", "", home)), home))
        .isEqualTo(OptionalLong.of(owner));
  }

  @Test
  void takesTheIdFromWhereAPatternSaysItStands() throws Exception {
    var patterns = Optional.of(IdPatterns.parse(List.of("/docker/<id>", "/my.slice/*/<id>/*")));
    proc.process(PID, "0::/my.slice/a/short/b\n");
    proc.process(PID + 1, "0::/my.slice/a/short\n");
    proc.process(PID + 2, "2:cpu:/docker/one\n1:pids:/docker/two\n");
    proc.process(PID + 3, "2:cpu:/docker/\n");

    var name = proc.finder(patterns).find(PID).orElseThrow().name();

    assertThat(name).isEqualTo(new PlaceName(Optional.empty(), "short", "/my.slice/a/short"));
    assertThat(proc.finder(patterns).find(PID + 1)).isEmpty();
    assertThatThrownBy(() -> proc.finder(patterns).find(PID + 2))
        .hasMessageContaining("different containers");
    assertThatThrownBy(() -> proc.finder(patterns).find(PID + 3)).hasMessageContaining("empty");
  }

  @ParameterizedTest
  @CsvSource({
    "/docker/*, , has <id> 0 times",
    "/<id>/<id>, , has <id> 2 times",
    "/a/b/<id>, /*/b/<id>, can match the same path",
    "/a/<id>, /<id>/b, can match the same path",
  })
  void refusesPatternsThatAreUnclear(String one, String other, String expected) {
    var patterns = other == null ? List.of(one) : List.of(one, other);

    assertThatThrownBy(() -> IdPatterns.parse(patterns))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected);
  }

  private static String lines(String text) {
    return text.replace("podPOD", "pod" + POD)
        .replace("podOTHER", "pod" + POD.replace('2', '3'))
        .replace("OTHER", OTHER)
        .replace("ID", ID)
        .replace("\\n", "\n");
  }
}
