package dev.entente.agent.workload.container;

import static dev.entente.agent.workload.container.PlaceNameTest.ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import dev.entente.testkit.Await;
import dev.entente.testkit.FakeEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerWorkloadAttestorTest {
  private static final int FIRST = 100;
  private static final int CALLER = 123;
  private static final String GROUP = "/system.slice/docker-" + ID + ".scope";
  private static final String IMAGE =
      "sha256:1111111111111111111111111111111111111111111111111111111111111111";
  private static final String CONTAINER_TARGET = "/containers/" + ID + "/json";
  private static final String IMAGE_TARGET = "/images/" + IMAGE.replace(":", "%3A") + "/json";

  @TempDir private Path directory;

  private FakeProc proc;
  private Path socket;
  private FakeEngine engine;

  @BeforeEach
  void startEngine() {
    proc = new FakeProc(directory).process(FIRST, "0::" + GROUP).process(CALLER, "0::" + GROUP);
    socket = directory.resolve("engine.sock");
    engine =
        new FakeEngine(socket)
            .answer(CONTAINER_TARGET, FakeEngine.json(200, recorded("docker-container.json")))
            .answer(IMAGE_TARGET, FakeEngine.json(200, recorded("docker-image.json")));
  }

  @AfterEach
  void stopEngine() {
    engine.close();
  }

  @Test
  void isFoundThroughTheServiceLoader() {
    assertThat(ServiceLoader.load(WorkloadAttestor.Provider.class))
        .extracting(WorkloadAttestor.Provider::type)
        .contains("docker");
  }

  @Test
  void givesEverySelector() throws Exception {
    assertThat(attest())
        .containsExactlyInAnyOrder(
            "docker:label:com.example.team:payments",
            "docker:label:com.example.empty:",
            "docker:label:org.opencontainers.image.title:a:b",
            "docker:env:PATH=/usr/local/bin:/usr/bin",
            "docker:env:MODE=a=b",
            "docker:env:EMPTY=",
            "docker:image_id:registry.example/shop/web:1.4",
            "docker:image_config_digest:" + IMAGE);
    assertThat(engine.asked())
        .containsExactly(
            "GET " + CONTAINER_TARGET + " HTTP/1.1", "GET " + IMAGE_TARGET + " HTTP/1.1");
  }

  @Test
  void asksForTheVersionThatIsConfigured() throws Exception {
    engine.answer("/v1.41" + CONTAINER_TARGET, FakeEngine.json(200, container("{}", FIRST)));

    assertThat(attest(new Engines(socket, nowhere(), Optional.empty(), Optional.of("1.41"))))
        .isEmpty();
    assertThat(engine.asked()).containsExactly("GET /v1.41" + CONTAINER_TARGET + " HTTP/1.1");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nothing | {}",
        "nulls | {\"Labels\":null,\"Env\":null,\"Image\":null}",
        "nothing set | {\"Labels\":{},\"Env\":[],\"Image\":\"\"}",
      })
  void givesNoSelectorOfWhatAContainerDoesNotHave(String name, String config) throws Exception {
    engine.answer(CONTAINER_TARGET, FakeEngine.json(200, container(config, FIRST)));

    assertThat(attest()).isEmpty();
  }

  @Test
  void losesOnlyTheDigestIfTheImageIsNotToBeFound() throws Exception {
    engine.answer(IMAGE_TARGET, FakeEngine.json(404, "{\"message\":\"no such image\"}"));

    assertThat(attest())
        .contains("docker:image_id:registry.example/shop/web:1.4")
        .noneMatch(selector -> selector.startsWith("docker:image_config_digest"));
  }

  @Test
  void saysNothingAboutAProcessOutsideOfContainers() throws Exception {
    proc.process(CALLER, "0::/user.slice/user-1000.slice/session-3.scope").mounts(CALLER, "");

    assertThat(attest()).isEmpty();
    assertThat(engine.asked()).isEmpty();
  }

  @Test
  void attestsAProcessInAGroupBelowTheContainers() throws Exception {
    proc.process(FIRST, "0::" + GROUP + "/init.scope");
    proc.process(CALLER, "0::" + GROUP + "/system.slice/web.service");

    assertThat(attest()).isNotEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "another group of that name | 0::/elsewhere/docker-ID.scope",
        "Podman's monitor | 0::/system.slice/libpod-conmon-ID.scope",
        "a group of a user | 0::/user.slice/user-4242.slice/docker-ID.scope",
      })
  void refusesAGroupThatOnlyBearsTheNameOfAContainer(String name, String cgroup) {
    proc.process(CALLER, cgroup.replace("ID", ID));

    assertThatThrownBy(
            () -> attest(new Engines(socket, socket, Optional.empty(), Optional.empty())))
        .isInstanceOf(AttestationFault.class)
        .message()
        .containsAnyOf("is not in the cgroup of container", "could have been made by user 4242");
  }

  @Test
  void refusesAContainerWhoseFirstProcessIsOutOfSight() {
    engine.answer(CONTAINER_TARGET, FakeEngine.json(200, container("{}", 9999)));

    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("whose first process is 9999");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "container gone | 404 | {\"message\":\"No such container\"} | is not known to engine at",
        "refused | 403 | {} | answered HTTP 403",
        "ill | 500 | {} | answered HTTP 500",
        "no JSON | 200 | <html> | was not understood",
        "no object | 200 | [] | was not understood",
        "labels are no object | 200 | {\"Config\":{\"Labels\":[]}} | \"Labels\" is no object",
        "variables are no list | 200 | {\"Config\":{\"Env\":{}}} | \"Env\" is no list",
        "a variable is no text | 200 | {\"Config\":{\"Env\":[1]}} | \"variable\" is no text",
        "id is no text | 200 | {\"Id\":1} | \"Id\" is no text",
        "another container | 200 | {\"Id\":\"x\",\"State\":{\"Pid\":100}} | answered about \"x\"",
        "does not run | 200 | {\"Id\":\"@\",\"State\":{\"Pid\":0}} | does not run",
        "huge number | 200 | {\"Id\":\"@\",\"State\":{\"Pid\":99999999999}} | does not run",
      })
  void saysWhyAnAnswerIsNotTaken(String name, int status, String body, String expected) {
    engine.answer(CONTAINER_TARGET, FakeEngine.json(status, body.replace("@", ID)));

    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining(expected);
  }

  @Test
  void saysThatNoEngineIsThere() {
    assertThatThrownBy(
            () -> attest(new Engines(nowhere(), nowhere(), Optional.empty(), Optional.empty())))
        .isInstanceOf(AttestationFault.class)
        .hasMessageStartingWith("engine at " + nowhere() + " was not asked");
  }

  @Test
  void givesAnEngineThatHangsThreeSeconds() {
    engine.hang(CONTAINER_TARGET);
    long began = System.nanoTime();

    assertThatThrownBy(this::attest)
        .isInstanceOf(AttestationFault.class)
        .hasMessage("engine at " + socket + " gave no complete answer within PT3S");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(2900));
  }

  @Test
  void heedsAnInterruptWhileTheEngineHangs() throws Exception {
    engine.hang(CONTAINER_TARGET);
    var outcome = new CompletableFuture<Exception>();
    var worker =
        Thread.ofPlatform()
            .start(() -> {
              try {
                outcome.complete(new IllegalStateException("answered " + attest()));
              } catch (AttestationFault | InterruptedException e) {
                outcome.complete(e);
              }
            });
    Await.until("question", Duration.ofSeconds(10), () -> !engine.asked().isEmpty());
    worker.interrupt();

    assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
  }

  @Test
  void asksThePodmanThatMadeTheGroup() throws Exception {
    var group = "/machine.slice/libpod-" + ID + ".scope";
    proc.process(FIRST, "0::" + group + "/container").process(CALLER, "0::" + group + "/container");

    assertThat(attest(new Engines(nowhere(), socket, Optional.empty(), Optional.empty())))
        .contains("docker:image_id:registry.example/shop/web:1.4");
  }

  @Test
  void doesNotAskThePodmanOfAUserUnlessThatIsConfigured() {
    proc.process(
        CALLER, "0::/user.slice/user-4242.slice/user@4242.service/libpod-" + ID + ".scope");

    assertThatThrownBy(
            () -> attest(new Engines(socket, socket, Optional.empty(), Optional.empty())))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("Podman of user 4242 is not asked: podman-socket-path-template is not set");
  }

  @Test
  void doesNotAskAnEngineThatBelongsToAnotherThanTheGroup() throws IOException {
    proc.process(
        CALLER, "0::/user.slice/user-4242.slice/user@4242.service/libpod-" + ID + ".scope");
    assertThatThrownBy(() -> attest(usersPodman("gone-%d.sock")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("was not asked: no such file");
    Files.createSymbolicLink(directory.resolve("4242.sock"), socket);
    assertThatThrownBy(() -> attest(usersPodman("%d.sock")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("cgroup could have been made by user 4242");
  }

  private Engines usersPodman(String template) {
    var path = directory.resolve(template).toString();
    return new Engines(nowhere(), nowhere(), Optional.of(path), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({"/run/%d/s, /run/7/s", "/r%%/%d, /r%/7", "/%%d/%d, /%d/7"})
  void putsTheUserIntoThePathOfASocket(String template, String path) {
    assertThat(SocketTemplate.expand(SocketTemplate.check(template), 7)).isEqualTo(path);
  }

  @ParameterizedTest
  @CsvSource({"/run/s", "/%d/%d", "/%s/%d", "/%d%", "/%%d"})
  void refusesATemplateWithoutExactlyOnePlace(String template) {
    assertThatThrownBy(() -> SocketTemplate.check(template))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exactly once");
  }

  private List<String> attest() throws AttestationFault, InterruptedException {
    return attest(new Engines(socket, nowhere(), Optional.empty(), Optional.empty()));
  }

  private List<String> attest(Engines engines) throws AttestationFault, InterruptedException {
    var attestor = new DockerWorkloadAttestor(proc.finder(), engines);
    return attestor.attest(new Workload(CALLER, 0, 0)).stream().map(Selector::toString).toList();
  }

  private Path nowhere() {
    return directory.resolve("nowhere.sock");
  }

  private static String container(String config, int pid) {
    return "{\"Id\":\"%s\",\"State\":{\"Pid\":%d},\"Config\":%s}".formatted(ID, pid, config);
  }

  static String recorded(String name) {
    try (var in = DockerWorkloadAttestorTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
