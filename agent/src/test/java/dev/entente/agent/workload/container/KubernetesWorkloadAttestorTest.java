package dev.entente.agent.workload.container;

import static dev.entente.agent.workload.container.DockerWorkloadAttestorTest.recorded;
import static dev.entente.agent.workload.container.PlaceNameTest.ID;
import static dev.entente.agent.workload.container.PlaceNameTest.POD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.workload.AttestedPod;
import dev.entente.agent.workload.PodReference;
import dev.entente.agent.workload.PodReference.Name;
import dev.entente.agent.workload.container.KubernetesWorkloadAttestor.NamespaceLabels;
import dev.entente.agent.workload.container.KubernetesWorkloadAttestor.Options;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.attestor.spi.WorkloadAttestor.Workload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesWorkloadAttestorTest {
  private static final int PID = 123;
  private static final String INIT = ID.replace('9', 'b');
  private static final Name WEB = new Name("shop", "web-6d4cf56db6-abcde");
  private static final Options EVERYTHING = new Options(5, true);
  private static final Options PODS_ONLY = new Options(5, false);
  private static final String[] POD_SELECTORS = {
    "k8s:sa:web",
    "k8s:ns:shop",
    "k8s:node-name:node-1",
    "k8s:pod-uid:" + POD,
    "k8s:pod-name:web-6d4cf56db6-abcde",
    "k8s:pod-image-count:2",
    "k8s:pod-init-image-count:1",
    "k8s:pod-image:registry.example/shop/web:1.4",
    "k8s:pod-image:registry.example/shop/web@sha256:" + "1".repeat(64),
    "k8s:pod-image:registry.example/mesh/proxy:2",
    "k8s:pod-image:registry.example/mesh/proxy@sha256:" + "2".repeat(64),
    "k8s:pod-init-image:registry.example/mesh/setup:2",
    "k8s:pod-init-image:registry.example/mesh/setup@sha256:" + "3".repeat(64),
    "k8s:pod-label:app:web",
    "k8s:pod-label:canary:",
    "k8s:pod-owner:ReplicaSet:web-6d4cf56db6",
    "k8s:pod-owner-uid:ReplicaSet:5a7c3d10-0b5e-4a76-9c4a-0d6a5a0f9d11",
  };

  @TempDir private Path directory;

  private FakeProc proc;

  @BeforeEach
  void putTheProcessIntoThePod() {
    proc = new FakeProc(directory).process(PID, "0::/kubepods/burstable/pod" + POD + "/" + ID);
  }

  @Test
  void isFoundThroughTheServiceLoader() {
    assertThat(ServiceLoader.load(WorkloadAttestor.Provider.class))
        .extracting(WorkloadAttestor.Provider::type)
        .contains("k8s");
  }

  @Test
  void givesEverySelectorOfPodAndContainer() throws Exception {
    var found = attest(EVERYTHING, listed("pods.json"));

    assertThat(found)
        .contains(POD_SELECTORS)
        .contains(
            "k8s:container-name:web",
            "k8s:container-image:registry.example/shop/web:1.4",
            "k8s:container-image:registry.example/shop/web@sha256:" + "1".repeat(64))
        .hasSize(POD_SELECTORS.length + 3);
  }

  @Test
  void givesSelectorsOfAnInitContainer() throws Exception {
    proc.process(PID, "0::/kubepods/burstable/pod" + POD + "/" + INIT);

    assertThat(attest(EVERYTHING, listed("pods.json"))).contains("k8s:container-name:setup");
  }

  @Test
  void leavesTheContainerOutIfToldTo() throws Exception {
    assertThat(attest(PODS_ONLY, listed("pods.json"))).containsExactlyInAnyOrder(POD_SELECTORS);
  }

  @Test
  void isContentWithThePodOfAContainerThatIsNotKnownYetIfContainersDoNotMatter() throws Exception {
    proc.process(PID, "0::/kubepods/burstable/pod" + POD + "/" + "c".repeat(64));

    assertThat(attest(PODS_ONLY, listed("pods.json"))).containsExactlyInAnyOrder(POD_SELECTORS);
    assertThatThrownBy(() -> attest(EVERYTHING, listed("pods.json")))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("container %s is in no pod of the kubelet", "c".repeat(64));
  }

  @Test
  void findsThePodByTheContainerIfTheGroupNamesNone() throws Exception {
    proc.process(PID, "0::/../crio-" + ID + ".scope");

    assertThat(attest(EVERYTHING, listed("pods.json"))).contains(POD_SELECTORS);
  }

  @Test
  void addsTheLabelsOfTheNamespaceIfToldTo() throws Exception {
    var attestor =
        new KubernetesWorkloadAttestor(
            proc.finder(),
            new PodLists(() -> listed("pods.json"), Duration.ofMillis(1)),
            Optional.of((namespace, _) -> Map.of("name", namespace, "empty", "")),
            EVERYTHING);

    assertThat(selectors(attestor)).contains("k8s:ns-label:name:shop", "k8s:ns-label:empty:");
  }

  @Test
  void saysNothingAboutAProcessOutsideOfContainers() throws Exception {
    proc.process(PID, "0::/system.slice/sshd.service").mounts(PID, "");

    assertThat(attest(EVERYTHING, List.of())).isEmpty();
  }

  @Test
  void waitsOnlyOnceForAContainerThatTheKubeletDoesNotKnow() throws Exception {
    var asked = new AtomicInteger();
    var isListed = new AtomicBoolean();
    var lists =
        new PodLists(
            () -> {
              asked.incrementAndGet();
              return isListed.get() ? listed("pods.json") : List.of();
            },
            Duration.ofMillis(1));
    var attestor =
        new KubernetesWorkloadAttestor(proc.finder(), lists, Optional.empty(), EVERYTHING);
    assertThatThrownBy(() -> selectors(attestor)).isInstanceOf(AttestationFault.class);
    int first = asked.get();

    assertThatThrownBy(() -> selectors(attestor))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("container %s is in no pod of the kubelet", ID);
    assertThat(asked.get() - first).isLessThanOrEqualTo(1);

    isListed.set(true);
    lists.newerThan(lists.newerThan(0).version());
    assertThat(selectors(attestor)).contains("k8s:container-name:web");
  }

  @Test
  void waitsForAContainerThatTheKubeletDoesNotKnowYet() throws Exception {
    var asked = new AtomicInteger();
    var lists =
        new PodLists(
            () -> asked.incrementAndGet() < 3 ? List.of() : listed("pods.json"),
            Duration.ofMillis(1));

    var found =
        selectors(
            new KubernetesWorkloadAttestor(proc.finder(), lists, Optional.empty(), EVERYTHING));

    assertThat(found).contains("k8s:container-name:web");
    assertThat(asked).hasValue(3);
  }

  @Test
  void triesAgainWhenTheKubeletFailed() throws Exception {
    var asked = new AtomicInteger();
    var lists =
        new PodLists(
            () -> {
              if (asked.incrementAndGet() == 1) {
                throw new AttestationFault("kubelet restarts");
              }
              return listed("pods.json");
            },
            Duration.ofMillis(1));

    assertThat(
            selectors(
                new KubernetesWorkloadAttestor(proc.finder(), lists, Optional.empty(), EVERYTHING)))
        .isNotEmpty();
  }

  @Test
  void saysWhyTheKubeletGaveNoList() {
    var lists =
        new PodLists(
            () -> {
              throw new AttestationFault("kubelet at 127.0.0.1:1 answered HTTP 401");
            },
            Duration.ofMillis(1));
    var attestor =
        new KubernetesWorkloadAttestor(proc.finder(), lists, Optional.empty(), EVERYTHING);

    assertThatThrownBy(() -> selectors(attestor))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("kubelet at 127.0.0.1:1 answered HTTP 401");
  }

  @Test
  void refusesAGroupThatAUserCouldHaveMade() {
    proc.process(PID, "0::/user.slice/user-4242.slice/user@4242.service/pod" + POD + "/" + ID);

    assertThatThrownBy(() -> attest(EVERYTHING, listed("pods.json")))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("cgroup of container %s could have been made by user 4242", ID);
  }

  @Test
  void refusesAContainerOfAnotherPodThanItsGroupSays() {
    var other = POD.replace('2', '3');
    proc.process(PID, "0::/kubepods/pod" + other + "/" + ID);

    assertThatThrownBy(() -> attest(EVERYTHING, listed("pods.json")))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("is in no pod of the kubelet");
  }

  @Test
  void refusesAContainerInTwoPods() {
    proc.process(PID, "0::/../crio-" + ID + ".scope");
    var twice = new ArrayList<>(listed("pods.json"));
    twice.addAll(listed("pods.json"));

    assertThatThrownBy(() -> attest(EVERYTHING, twice))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("container %s is in two pods", ID);
  }

  @Test
  void findsAPodThatIsNamedAndSaysWhatHoldsForAllOfIt() throws Exception {
    for (var reference :
        List.of(
            new PodReference(Optional.of(WEB), Optional.empty()),
            new PodReference(Optional.empty(), Optional.of(POD)),
            new PodReference(Optional.of(WEB), Optional.of(POD)))) {
      var found = pod(reference, () -> listed("pods.json")).orElseThrow();

      assertThat(found.uid()).isEqualTo(POD);
      assertThat(found.selectors())
          .extracting(Selector::toString)
          .containsExactlyInAnyOrder(POD_SELECTORS);
    }
  }

  @Test
  void findsNoPodThatIsCalledOtherwiseOrIsAnother() throws Exception {
    var other = POD.replace(POD.charAt(0), POD.charAt(0) == 'e' ? 'f' : 'e');
    for (var reference :
        List.of(
            new PodReference(Optional.of(new Name("shop", "web")), Optional.empty()),
            new PodReference(Optional.of(new Name("bank", WEB.pod())), Optional.empty()),
            new PodReference(Optional.empty(), Optional.of(other)),
            new PodReference(Optional.of(WEB), Optional.of(other)))) {
      assertThat(pod(reference, () -> listed("pods.json"))).as("%s", reference).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"Pending,true", "Running,true", "Unknown,true", "Succeeded,false", "Failed,false"})
  void findsAPodUntilItHasEnded(String phase, boolean isFound) throws Exception {
    var reference = new PodReference(Optional.of(WEB), Optional.of(POD));

    assertThat(pod(reference, () -> inPhase(phase)).isPresent()).isEqualTo(isFound);
  }

  @Test
  void findsThePodThatTookTheNameOfOneThatHasEnded() throws Exception {
    var later = POD.replace(POD.charAt(0), POD.charAt(0) == 'e' ? 'f' : 'e');
    var both = new ArrayList<>(inPhase("Failed"));
    both.addAll(read(recorded("pods.json").replace(POD, later)));

    assertThat(pod(new PodReference(Optional.of(WEB), Optional.empty()), () -> both))
        .map(AttestedPod::uid)
        .contains(later);
  }

  @Test
  void attestsAProcessThatStillRunsInAPodThatHasEnded() throws Exception {
    assertThat(attest(EVERYTHING, inPhase("Failed"))).contains(POD_SELECTORS);
  }

  @Test
  void looksOnceMoreForAPodThatIsNotListedYet() throws Exception {
    var lists = new AtomicInteger();
    var reference = new PodReference(Optional.of(WEB), Optional.empty());

    var found =
        pod(reference, () -> lists.incrementAndGet() == 1 ? List.of() : listed("pods.json"));

    assertThat(found).isPresent();
    assertThat(lists).hasValue(2);
  }

  @Test
  void cannotSayWhetherThereIsAPodWithoutAKubelet() {
    var reference = new PodReference(Optional.of(WEB), Optional.empty());

    assertThatThrownBy(() ->
            pod(
                reference,
                () -> {
                  throw new AttestationFault("no kubelet");
                }))
        .isInstanceOf(AttestationFault.class);
    assertThatThrownBy(() ->
            pod(
                reference,
                () -> {
                  var twice = new ArrayList<>(listed("pods.json"));
                  twice.addAll(listed("pods.json"));
                  return twice;
                }))
        .isInstanceOf(AttestationFault.class)
        .hasMessage("the kubelet lists two pods of one name or uid");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nothing | `` | not an object",
        "no JSON | <html> | no such JSON at byte",
        "no object | [] | not an object",
        "no items | {} | no items",
        "items are no array | {\"items\":{}} | not an array",
        "a pod is no object | {\"items\":[1]} | not an object",
        "a uid is no text | {\"items\":[{\"metadata\":{\"uid\":1}}]} | not a text",
        "a label is no text | {\"items\":[{\"metadata\":{\"labels\":{\"a\":[]}}}]} | not a text",
        "statuses are no array | {\"items\":[{\"status\":{\"containerStatuses\":1}}]} | not an array",
        "twice the same | {\"items\":[],\"items\":[]} | no such JSON at byte",
        "cut short | {\"items\":[ | no such JSON at byte",
        "more | {\"items\":[]}{} | more after its end",
      })
  void understandsListsOfPodsOnly(String name, String json, String expected) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"items\":null} | 0",
        "{\"kind\":\"PodList\",\"metadata\":{\"x\":[{}]},\"items\":[]} | 0",
        "{\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":null}]} | 0",
        "{\"items\":[{\"metadata\":{\"uid\":\"u\",\"labels\":null},\"spec\":null}]} | 1",
      })
  void leavesOutPodsWithoutUid(String json, int pods) throws IOException {
    assertThat(read(json)).hasSize(pods);
  }

  private Optional<AttestedPod> pod(PodReference reference, PodLists.Source source)
      throws AttestationFault, InterruptedException {
    return new KubernetesWorkloadAttestor(
            proc.finder(), new PodLists(source, Duration.ofMillis(1)), Optional.empty(), EVERYTHING)
        .attest(reference);
  }

  private List<String> attest(Options options, List<Pod> pods)
      throws AttestationFault, InterruptedException {
    Optional<NamespaceLabels> none = Optional.empty();
    return selectors(
        new KubernetesWorkloadAttestor(
            proc.finder(), new PodLists(() -> pods, Duration.ofMillis(1)), none, options));
  }

  private static List<String> selectors(KubernetesWorkloadAttestor attestor)
      throws AttestationFault, InterruptedException {
    return attestor.attest(new Workload(PID, 0, 0)).stream().map(Selector::toString).toList();
  }

  private static List<Pod> inPhase(String phase) {
    try {
      return read(recorded("pods.json").replace("\"Running\"", '"' + phase + '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Pod> listed(String name) {
    try {
      return read(recorded(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Pod> read(String json) throws IOException {
    return PodReader.readList(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }
}
