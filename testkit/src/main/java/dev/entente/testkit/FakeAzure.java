package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/// Azure's part in proving a virtual machine: the metadata service of one machine, the keys of
/// Entra ID, and Azure Resource Manager, which knows that machine.
///
/// The broker's own token comes from an App Service's identity endpoint or is [#ARM_TOKEN].
public final class FakeAzure implements AutoCloseable {
  /// The machine's tenant.
  public static final String TENANT = "72f988bf-0000-41af-91ab-2d7cd011db47";

  /// The machine's subscription.
  public static final String SUBSCRIPTION = "8d10da13-8125-4ba9-a717-bf7490507b3d";

  /// The machine's number.
  public static final String VM = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

  /// The machine's own identity.
  public static final String PRINCIPAL = "5f3ae1f0-16cb-4a9c-9e8f-9d3b0f3b1c11";

  /// An identity that was assigned to the machine.
  public static final String ASSIGNED_PRINCIPAL = "0e5d3c51-6a73-4a7e-b7d4-4a3b1f0c2d22";

  /// The machine's id.
  public static final String VM_ID =
      "/subscriptions/"
          + SUBSCRIPTION
          + "/resourceGroups/Web-RG/providers"
          + "/Microsoft.Compute/virtualMachines/node-1";

  /// The scale set of a machine that is in one.
  public static final String SCALE_SET = "pool-1";

  /// The id of the key that signs tokens.
  public static final String KEY_ID = "nOo3ZDrODXEK1jKWhXslHR_KXEg";

  /// What Azure Resource Manager wants to see.
  public static final String ARM_TOKEN = "token-for-arm";

  /// The client id of the machine's own identity.
  private static final String CLIENT = "9a7f1c55-0000-4000-8000-000000000001";

  private static final String NETWORK =
      "/subscriptions/" + SUBSCRIPTION + "/resourceGroups/Net-RG/providers/Microsoft.Network";
  private static final String NIC =
      "/subscriptions/"
          + SUBSCRIPTION
          + "/resourceGroups/Web-RG/providers/Microsoft.Network"
          + "/networkInterfaces/node-1-nic";
  private static final String SET_ID =
      "/subscriptions/"
          + SUBSCRIPTION
          + "/resourceGroups/Web-RG/providers"
          + "/Microsoft.Compute/virtualMachineScaleSets/"
          + SCALE_SET;

  /// How Azure Resource Manager fails.
  ///
  /// @param status 0: does not answer until it is over
  private record Failure(int status, String body, CountDownLatch over) {}

  private final KeyPair keys;
  private final TestAttestedDocuments documents;
  private final Supplier<Instant> clock;
  private final AtomicReference<String> scaleSet = new AtomicReference<>("");
  private final AtomicReference<Optional<Failure>> failure =
      new AtomicReference<>(Optional.empty());
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final FakeHttp http = new FakeHttp(this::answer);

  /// @param keys that sign tokens
  public FakeAzure(TestAttestedDocuments documents, KeyPair keys, Supplier<Instant> clock) {
    this.documents = documents;
    this.keys = keys;
    this.clock = clock;
  }

  /// The address of everything.
  public URI endpoint() {
    return http.address();
  }

  /// Where Entra ID's keys are.
  public URI keysUrl() {
    return http.address().resolve("/common/discovery/keys");
  }

  /// The key that signs tokens.
  public KeyPair keys() {
    return keys;
  }

  /// From now on the machine is one of a scale set.
  public void joinScaleSet() {
    joinScaleSetAs(SCALE_SET);
  }

  /// From now on the machine is one of a scale set, and is told this name of it.
  public void joinScaleSetAs(String name) {
    scaleSet.set(name);
  }

  /// What Azure Resource Manager was asked, as `<method> <path>`.
  public List<String> calls() {
    return List.copyOf(calls);
  }

  /// From now on Azure Resource Manager answers this; with the status 0 it does not answer.
  public void failWith(int status, String body) {
    failure.set(Optional.of(new Failure(status, body, new CountDownLatch(1))));
  }

  /// Azure Resource Manager answers again.
  public void recover() {
    failure.getAndSet(Optional.empty()).ifPresent(broken -> broken.over().countDown());
  }

  /// The claims of a token of the machine's own identity.
  public static Map<String, Object> claims(Instant now, String audience) {
    var claims = new LinkedHashMap<String, Object>();
    claims.put("aud", audience);
    claims.put("iss", "https://sts.windows.net/" + TENANT + "/");
    claims.put("iat", now.getEpochSecond() - 300);
    claims.put("nbf", now.getEpochSecond() - 300);
    claims.put("exp", now.getEpochSecond() + 86_100);
    claims.put("appid", CLIENT);
    claims.put("appidacr", "2");
    claims.put("idp", "https://sts.windows.net/" + TENANT + "/");
    claims.put("idtyp", "app");
    claims.put("oid", PRINCIPAL);
    claims.put("sub", PRINCIPAL);
    claims.put("tid", TENANT);
    claims.put("ver", "1.0");
    claims.put("xms_mirid", VM_ID.replace("resourceGroups", "resourcegroups"));
    return claims;
  }

  /// Signs a token as Entra ID does.
  public static String sign(Map<String, Object> claims, KeyPair with) {
    return FakeGoogle.sign(
        Map.of("typ", "JWT", "alg", "RS256", "x5t", KEY_ID, "kid", KEY_ID), claims, with);
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    if (path.startsWith("/metadata/")) {
      metadata(exchange, path);
    } else if (path.equals("/common/discovery/keys")) {
      json(exchange, Map.of("keys", List.of(key())));
    } else if (path.equals("/msi/token")) {
      appService(exchange);
    } else {
      arm(exchange, path);
    }
  }

  private void metadata(HttpExchange exchange, String path) throws IOException {
    var query = FakeHttp.parameters(exchange);
    if (!FakeHttp.header(exchange, "Metadata").equals("true")
        || !FakeHttp.header(exchange, "X-Forwarded-For").isEmpty()) {
      FakeHttp.send(exchange, 400, "application/json", "{\"error\":\"Bad request\"}");
      return;
    }
    switch (path) {
      case "/metadata/attested/document" -> {
        var document =
            TestAttestedDocuments.document(
                SUBSCRIPTION, VM, query.getOrDefault("nonce", ""), clock.get());
        json(exchange, Map.of("encoding", "pkcs7", "signature", documents.sign(document)));
      }
      case "/metadata/instance" ->
          json(
              exchange,
              Map.of(
                  "compute",
                  Map.of(
                      "name",
                      "node-1",
                      "subscriptionId",
                      SUBSCRIPTION,
                      "resourceGroupName",
                      "Web-RG",
                      "vmScaleSetName",
                      scaleSet.get())));
      case "/metadata/identity/oauth2/token" -> identity(exchange, query);
      default -> FakeHttp.send(exchange, 404, "application/json", "{\"error\":\"Not found\"}");
    }
  }

  private void identity(HttpExchange exchange, Map<String, String> query) throws IOException {
    if (!query.getOrDefault("client_id", CLIENT).equals(CLIENT)) {
      FakeHttp.send(exchange, 400, "application/json", "{\"error\":\"invalid_request\"}");
      return;
    }
    json(
        exchange,
        Map.of(
            "access_token",
            sign(claims(clock.get(), query.getOrDefault("resource", "")), keys),
            "token_type",
            "Bearer"));
  }

  private void appService(HttpExchange exchange) throws IOException {
    if (FakeHttp.header(exchange, "X-IDENTITY-HEADER").isEmpty()) {
      FakeHttp.send(exchange, 401, "application/json", "{}");
      return;
    }
    json(
        exchange,
        Map.of(
            "access_token",
            ARM_TOKEN,
            "expires_on",
            Long.toString(Instant.now().getEpochSecond() + 3600),
            "resource",
            FakeHttp.parameters(exchange).getOrDefault("resource", ""),
            "token_type",
            "Bearer",
            "client_id",
            "00000000-0000-4000-8000-000000000002"));
  }

  private void arm(HttpExchange exchange, String path) throws IOException {
    calls.add(exchange.getRequestMethod() + " " + path);
    var query = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var broken = failure.get();
    if (broken.isPresent()) {
      fail(exchange, broken.get());
    } else if (!FakeHttp.header(exchange, "Authorization").equals("Bearer " + ARM_TOKEN)) {
      FakeHttp.send(exchange, 401, "application/json", "{\"error\":{\"code\":\"no token\"}}");
    } else if (path.equals("/providers/Microsoft.ResourceGraph/resources")) {
      json(exchange, Map.of("totalRecords", 1, "data", rows(query)));
    } else if (path.equalsIgnoreCase(VM_ID)) {
      json(exchange, machine("networkProfile"));
    } else if (path.equalsIgnoreCase(SET_ID + "/virtualMachines")) {
      json(exchange, Map.of("value", List.of(machine("networkProfileConfiguration"))));
    } else if (path.equalsIgnoreCase(NIC)) {
      json(exchange, nic());
    } else {
      FakeHttp.send(exchange, 404, "application/json", "{\"error\":{\"code\":\"NotFound\"}}");
    }
  }

  private static void fail(HttpExchange exchange, Failure broken) throws IOException {
    if (broken.status() > 0) {
      FakeHttp.send(exchange, broken.status(), "application/json", broken.body());
      return;
    }
    try {
      broken.over().await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Rows for the two questions there are; Resource Graph writes groups in lower case.
  private List<Object> rows(String query) {
    if (!query.contains(SUBSCRIPTION)) {
      return List.of();
    }
    if (query.contains("'microsoft.compute/virtualmachines'") && query.contains(VM)) {
      var row = new LinkedHashMap<>(machine("networkProfile"));
      row.put("resourceGroup", "web-rg");
      return List.of(row);
    }
    return query.contains("'microsoft.compute/virtualmachinescalesets'")
            && query.toLowerCase(Locale.ROOT).contains("=~ '" + SCALE_SET + "'")
        ? List.of(Map.of("id", SET_ID, "name", SCALE_SET, "resourceGroup", "web-rg"))
        : List.of();
  }

  private static Map<String, Object> machine(String networkMember) {
    var network =
        networkMember.equals("networkProfile")
            ? Map.<String, Object>of("networkInterfaces", List.of(Map.of("id", NIC)))
            : Map.<String, Object>of("networkInterfaceConfigurations", List.of(nic()));
    return Map.of(
        "id",
        VM_ID,
        "name",
        "node-1",
        "location",
        "eastus",
        "tags",
        Map.of("role", "web", "owner", "secret-team"),
        "identity",
        Map.of(
            "principalId",
            PRINCIPAL,
            "userAssignedIdentities",
            Map.of("/x", Map.of("principalId", ASSIGNED_PRINCIPAL))),
        "properties",
        Map.of("vmId", VM, networkMember, network));
  }

  private static Map<String, Object> nic() {
    return Map.of(
        "name",
        "node-1-nic",
        "properties",
        Map.of(
            "networkSecurityGroup", Map.of("id", NETWORK + "/networkSecurityGroups/web-nsg"),
            "ipConfigurations",
                List.of(
                    Map.of(
                        "properties",
                        Map.of(
                            "subnet",
                            Map.of("id", NETWORK + "/virtualNetworks/vnet-1/subnets/a"))))));
  }

  private Map<String, Object> key() {
    var key = new LinkedHashMap<String, Object>(Jwk.publicMembers(keys.getPublic()));
    key.put("kid", KEY_ID);
    key.put("x5t", KEY_ID);
    key.put("use", "sig");
    return key;
  }

  private static void json(HttpExchange exchange, Map<String, Object> body) throws IOException {
    FakeHttp.send(exchange, 200, "application/json; charset=utf-8", Json.write(body));
  }

  @Override
  public void close() {
    recover();
    http.close();
  }
}
