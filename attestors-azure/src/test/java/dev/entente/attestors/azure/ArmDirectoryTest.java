package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the directory makes of answers of Azure Resource Manager, the odd ones too.
class ArmDirectoryTest {
  private static final String SUBSCRIPTION = "8d10da13-8125-4ba9-a717-bf7490507b3d";
  private static final String VM = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";
  private static final String OTHER_VM = "00000000-0000-4000-8000-000000000000";
  private static final String GROUP = "/subscriptions/" + SUBSCRIPTION + "/resourceGroups/Web-RG";
  private static final String SET =
      GROUP + "/providers/Microsoft.Compute/virtualMachineScaleSets/pool-1";
  private static final String MACHINE =
      GROUP + "/providers/Microsoft.Compute/virtualMachines/node-1";
  private static final String GRAPH = "/providers/Microsoft.ResourceGraph/resources";
  private static final AzureTenant TENANT =
      new AzureTenant(OTHER_VM, new AzureTenant.OfTheEnvironment(), Set.of());

  /// Answers by path and query, those without a query for every query.
  private final Map<String, Object> answers = new ConcurrentHashMap<>();

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private ArmDirectory directory;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var uri = exchange.getRequestURI();
            asked.add(uri.toString());
            var answer =
                Optional.ofNullable(answers.get(uri.toString()))
                    .or(() -> Optional.ofNullable(answers.get(uri.getPath())));
            byte[] body = Json.write(answer.orElse(Map.of())).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.isPresent() ? 200 : 404, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
    var cloud = new AzureCloud(address(), URI.create("https://login.example"));
    directory = new ArmDirectory(cloud, _ -> "token");
  }

  @AfterEach
  void close() {
    server.stop(0);
  }

  private URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private List<AzureVm> findInSet() throws AttestationFault {
    answers.put(
        GRAPH, Map.of("data", List.of(Map.of("id", SET, "resourceGroup", "web-rg", "name", "x"))));
    return directory.find(TENANT, SUBSCRIPTION, VM, Optional.of("pool-1"));
  }

  private static Map<String, Object> machine(String vmId) {
    return Map.of("name", "node-" + vmId, "properties", Map.of("vmId", vmId));
  }

  private Map<String, Object> page(List<Object> machines, String next) {
    return Map.of("value", machines, "nextLink", address() + next);
  }

  @Test
  void findsAMachineOnALaterPageOfItsScaleSet() throws Exception {
    var second = SET + "/virtualMachines?page=2";
    answers.put(SET + "/virtualMachines", page(List.of(machine(OTHER_VM)), second));
    answers.put(second, Map.of("value", List.of(machine(VM), machine(OTHER_VM))));

    assertThat(findInSet())
        .singleElement()
        .satisfies(vm -> {
          assertThat(vm.vmId()).isEqualTo(VM);
          assertThat(vm.resourceGroup()).isEqualTo("web-rg");
        });
  }

  @Test
  void readsTwentyPagesOfAScaleSet() throws Exception {
    putPages(20);

    assertThat(findInSet()).hasSize(1);
  }

  /// Pages of which the last has the machine.
  private void putPages(int count) {
    for (int page = 1; page < count; page++) {
      var link = SET + "/virtualMachines?page=" + page;
      answers.put(
          page == 1 ? SET + "/virtualMachines" : link,
          page(List.of(machine(OTHER_VM)), SET + "/virtualMachines?page=" + (page + 1)));
    }
    answers.put(SET + "/virtualMachines?page=" + count, Map.of("value", List.of(machine(VM))));
  }

  @Test
  void readsNoMorePagesThanTwenty() {
    putPages(21);

    assertThatThrownBy(this::findInSet)
        .isInstanceOf(AttestationFault.class)
        .hasMessage("page 20 of pool-1 not read");
    assertThat(asked).hasSize(21);
  }

  @Test
  void followsNoLinkToAnotherHost() {
    answers.put(SET + "/virtualMachines", page(List.of(), ".example/more"));

    assertThatThrownBy(this::findInSet)
        .isInstanceOf(AttestationFault.class)
        .hasMessage("page 1 of pool-1 not read");
  }

  @Test
  void findsNobodyWhereThereIsNoSuchSet() throws Exception {
    answers.put(GRAPH, Map.of("data", List.of(Map.of("id", MACHINE, "name", "x"))));

    assertThat(directory.find(TENANT, SUBSCRIPTION, VM, Optional.of("pool-1"))).isEmpty();
    assertThat(asked).hasSize(1);
  }

  @Test
  void asksAboutTheFirstEightInterfacesOfAMachine() throws Exception {
    var interfaces = new ArrayList<Object>();
    IntStream.range(0, 9)
        .mapToObj(i -> GROUP + "/providers/Microsoft.Network/networkInterfaces/nic-" + i)
        .forEach(id -> {
          interfaces.add(Map.of("id", id));
          answers.put(id, Map.of());
        });
    answers.put(
        MACHINE,
        Map.of(
            "properties",
            Map.of("vmId", VM, "networkProfile", Map.of("networkInterfaces", interfaces))));

    assertThat(get().interfaces()).hasSize(8);
    assertThat(asked).hasSize(9);
  }

  @Test
  void knowsNothingOfAnInterfaceThatIsGone() throws Exception {
    var gone = GROUP + "/providers/Microsoft.Network/networkInterfaces/gone";
    answers.put(
        MACHINE,
        Map.of(
            "properties",
            Map.of("networkProfile", Map.of("networkInterfaces", List.of(Map.of("id", gone))))));

    assertThat(get().interfaces())
        .containsExactly(new AzureVm.Interface(Optional.empty(), List.of()));
  }

  @Test
  void takesTagsAndIdentitiesThatAreTextsOnly() throws Exception {
    answers.put(
        MACHINE,
        Map.of(
            "tags", Map.of("role", "web", "count", 1L),
            "identity",
                Map.of(
                    "userAssignedIdentities",
                    Map.of("/x", Map.of("principalId", "p"), "/y", Map.of(), "/z", 1L))));

    assertThat(get().tags()).containsExactly(Map.entry("role", "web"));
    assertThat(get().principalIds()).containsExactly("p");
  }

  private AzureVm get() throws AttestationFault {
    var id = ArmId.read(MACHINE, ArmId.VIRTUAL_MACHINE).orElseThrow();
    return directory.get(TENANT, id).orElseThrow();
  }
}
