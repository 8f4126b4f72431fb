package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.attestor.spi.Members;
import dev.entente.attestor.spi.Turns;
import dev.entente.attestors.azure.AzureVm.Interface;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Asks Azure Resource Manager over its REST interface.
///
/// A machine is found by its number through Resource Graph, which follows changes within a minute
/// or so; one of a scale set in the set's own list, because Resource Graph knows no machines of
/// uniform sets. What is put into a query has been checked to be a UUID or a resource's name.
final class ArmDirectory implements AzureDirectory {
  /// Answers take tenths of a second, seconds on bad days.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /// A page of a scale set has about a hundred machines of 5,000 bytes.
  private static final int BODY_MAX_BYTES = 4 * 1024 * 1024;

  /// The largest sizes of machines have eight.
  private static final int INTERFACES_MAX = 8;

  /// A scale set has at most a thousand machines.
  private static final int PAGES_MAX = 20;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);

  private static final String GRAPH =
      "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
  private static final String COMPUTE = "?api-version=2024-07-01";
  private static final String NETWORK = "?api-version=2024-05-01";

  private final AzureCloud cloud;
  private final ArmTokens tokens;
  private final Turns turns = new Turns("Azure");

  ArmDirectory(AzureCloud cloud, ArmTokens tokens) {
    this.cloud = cloud;
    this.tokens = tokens;
  }

  @Override
  public List<AzureVm> find(
      AzureTenant tenant, String subscriptionId, String vmId, Optional<String> scaleSet)
      throws AttestationFault {
    return turns.take(
        "machine not looked up in Azure",
        () -> {
          var session = new Session(tokens.token(tenant));
          return scaleSet.isPresent()
              ? session.findInScaleSet(subscriptionId, vmId, scaleSet.get())
              : session.find(subscriptionId, vmId);
        });
  }

  @Override
  public Optional<AzureVm> get(AzureTenant tenant, ArmId id) throws AttestationFault {
    return turns.take(
        "machine not looked up in Azure", () -> new Session(tokens.token(tenant)).get(id));
  }

  /// The requests of one attestation.
  private final class Session {
    private final Map<String, String> headers;

    private Session(String token) {
      this.headers =
          Map.of(
              "Authorization", "Bearer " + token,
              "Accept", "application/json",
              "Content-Type", "application/json");
    }

    private List<AzureVm> find(String subscriptionId, String vmId) throws AttestationFault {
      var found = new ArrayList<AzureVm>();
      for (var row : query(subscriptionId, ArmId.VIRTUAL_MACHINE, "properties.vmId", vmId)) {
        found.add(
            machine(row, Members.text(row, "resourceGroup"), interfaces(row), Optional.empty()));
      }
      return found;
    }

    private List<AzureVm> findInScaleSet(String subscriptionId, String vmId, String name)
        throws AttestationFault {
      var found = new ArrayList<AzureVm>();
      for (var set : query(subscriptionId, ArmId.SCALE_SET, "name", name)) {
        var id = ArmId.of(set, ArmId.SCALE_SET);
        if (id.isPresent()) {
          var group = Members.text(set, "resourceGroup");
          var scaleSet = Optional.of(Members.text(set, "name"));
          for (var row : machines(id.get())) {
            if (vmId.equalsIgnoreCase(Members.text(Members.object(row, "properties"), "vmId"))) {
              found.add(machine(row, group, configuredInterfaces(row), scaleSet));
            }
          }
        }
      }
      return found;
    }

    private Optional<AzureVm> get(ArmId id) throws AttestationFault {
      var row = ask("GET", cloud.arm() + id.text() + COMPUTE, new byte[0]);
      return row.isEmpty()
          ? Optional.empty()
          : Optional.of(
              machine(row.get(), id.resourceGroup(), interfaces(row.get()), Optional.empty()));
    }

    /// Rows of Resource Graph whose `field` is `value`, whatever the case.
    private List<? extends Map<?, ?>> query(
        String subscriptionId, String type, String field, String value) throws AttestationFault {
      var query =
          "resources | where type =~ '%s' | where %s =~ '%s'".formatted(type, field, value)
              + " | project id, name, location, resourceGroup, tags, identity, properties";
      var body =
          Json.write(
              Map.of(
                  "subscriptions", List.of(subscriptionId),
                  "query", query,
                  "options", Map.of("resultFormat", "objectArray")));
      var answer = ask("POST", cloud.arm() + GRAPH, body.getBytes(StandardCharsets.UTF_8));
      return Members.objects(answer.orElse(Map.of()), "data").toList();
    }

    private List<Map<?, ?>> machines(ArmId scaleSet) throws AttestationFault {
      var all = new ArrayList<Map<?, ?>>();
      var next = cloud.arm() + scaleSet.text() + "/virtualMachines" + COMPUTE;
      for (int page = 0; !next.isEmpty(); page++) {
        if (page == PAGES_MAX || !next.startsWith(cloud.arm() + "/")) {
          throw new AttestationFault("page " + page + " of " + scaleSet.name() + " not read");
        }
        Map<?, ?> answer = ask("GET", next, new byte[0]).orElse(Map.of());
        Members.objects(answer, "value").forEach(all::add);
        next = Members.text(answer, "nextLink");
      }
      return all;
    }

    private List<Interface> interfaces(Map<?, ?> machine) throws AttestationFault {
      var ids =
          Members.objects(
                  Members.object(machine, "properties", "networkProfile"), "networkInterfaces")
              .flatMap(it -> ArmId.of(it, ArmId.NETWORK_INTERFACE).stream())
              .limit(INTERFACES_MAX)
              .toList();
      var interfaces = new ArrayList<Interface>();
      for (var id : ids) {
        var answer = ask("GET", cloud.arm() + id.text() + NETWORK, new byte[0]);
        interfaces.add(networkInterface(answer.orElse(Map.of())));
      }
      return interfaces;
    }

    /// Empty if there is no such thing.
    private Optional<Map<String, Object>> ask(String method, String address, byte[] body)
        throws AttestationFault {
      try {
        var answer = HTTP.send(method, URI.create(address), headers, body);
        if (answer.status() == 404) {
          return Optional.empty();
        }
        if (answer.status() != 200) {
          throw new IOException("Azure answered " + answer.status());
        }
        return Optional.of(Json.parseObject(answer.body()));
      } catch (IOException | IllegalArgumentException e) {
        throw new AttestationFault("machine not looked up in Azure: " + e.getMessage(), e);
      }
    }
  }

  private static List<Interface> configuredInterfaces(Map<?, ?> machine) {
    return Members.objects(
            Members.object(machine, "properties", "networkProfileConfiguration"),
            "networkInterfaceConfigurations")
        .map(ArmDirectory::networkInterface)
        .toList();
  }

  private static Interface networkInterface(Map<?, ?> json) {
    var properties = Members.object(json, "properties");
    return new Interface(
        ArmId.of(Members.object(properties, "networkSecurityGroup"), ArmId.SECURITY_GROUP),
        Members.objects(properties, "ipConfigurations")
            .flatMap(
                it -> ArmId.of(Members.object(it, "properties", "subnet"), ArmId.SUBNET).stream())
            .toList());
  }

  private static AzureVm machine(
      Map<?, ?> json, String resourceGroup, List<Interface> interfaces, Optional<String> scaleSet) {
    var tags = new HashMap<String, String>();
    Members.object(json, "tags")
        .forEach((key, value) -> {
          if (key instanceof String name && value instanceof String text) {
            tags.put(name, text);
          }
        });
    return new AzureVm(
        Members.text(Members.object(json, "properties"), "vmId"),
        Members.text(json, "name"),
        Members.text(json, "location"),
        resourceGroup,
        tags,
        principals(Members.object(json, "identity")),
        interfaces,
        scaleSet);
  }

  private static Set<String> principals(Map<?, ?> identity) {
    var principals = new HashSet<String>();
    principals.add(Members.text(identity, "principalId"));
    for (var user : Members.object(identity, "userAssignedIdentities").values()) {
      if (user instanceof Map<?, ?> map) {
        principals.add(Members.text(map, "principalId"));
      }
    }
    principals.remove("");
    return principals;
  }
}
