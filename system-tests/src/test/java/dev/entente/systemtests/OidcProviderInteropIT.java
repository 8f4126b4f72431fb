package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.runtime.ListenAddress;
import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.JWTKey;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's own discovery provider, unchanged.
@DisplayName("The real oidc-discovery-provider reads from us")
final class OidcProviderInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @Test
  @Needs(Peer.SPIRE_OIDC)
  void publishesTheJwtAuthoritiesOfOurServerApiAndFollowsARotation() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var keys =
        provider(
            "server_api { address = \"unix://%s\" poll_interval = \"1s\" }"
                .formatted(broker.socket()));

    awaitKeys(keys, broker);
    Cli.of(sandbox, broker).run("authority", "jwt", "prepare").value();
    awaitKeys(keys, broker);
  }

  @Test
  @Needs(Peer.SPIRE_OIDC)
  void publishesTheJwtAuthoritiesOfOurWorkloadApi() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var self = "unix:path:" + Peer.SPIRE_OIDC.program();
    broker
        .admin()
        .createEntry(AdminApi.entry("/spire/agent/join_token/" + token, "/oidc", self).build());

    var keys =
        provider(
            "workload_api { socket_path = \"%s\" trust_domain = \"td.example\" poll_interval = \"1s\" }"
                .formatted(agent.socket()));

    awaitKeys(keys, broker);
  }

  /// Starts the provider and returns where its keys are.
  private URI provider(String source) {
    var address = sandbox.freeAddress();
    var configuration =
        """
        log_level = "debug"
        domains = ["%1$s"]
        insecure_addr = "%2$s"
        allow_insecure_scheme = true
        %3$s
        """
            .formatted(ListenAddress.parse(address).host(), address, source);
    var directory = sandbox.subdirectory("oidc");
    try {
      var file = Files.writeString(directory.resolve("oidc.conf"), configuration);
      var command = List.of(Peer.SPIRE_OIDC.program().toString(), "-config", file.toString());
      sandbox.register(Launched.start("oidc", directory.resolve("oidc.log"), Map.of(), command));
    } catch (IOException e) {
      throw new IllegalStateException("configuration not written", e);
    }
    return URI.create("http://" + address + "/keys");
  }

  private static void awaitKeys(URI keys, BrokerProcess broker) {
    Await.until(
        "the broker's JWT authorities",
        SOON,
        () -> get(keys).filter(body -> keyIds(body).equals(keyIds(broker))).isPresent());
    assertThat(get(keys).orElseThrow()).doesNotContain("x5c");
  }

  private static Optional<String> get(URI uri) {
    try {
      var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(2)).build();
      return Optional.of(HTTP.send(request, HttpResponse.BodyHandlers.ofString()))
          .filter(answer -> answer.statusCode() == 200)
          .map(HttpResponse::body);
    } catch (IOException _) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking " + uri, e);
    }
  }

  private static List<String> keyIds(String jwks) {
    return new JsonObject(jwks)
        .getJsonArray("keys").stream()
            .map(key -> ((JsonObject) key).getString("kid"))
            .sorted()
            .toList();
  }

  private static List<String> keyIds(BrokerProcess broker) {
    return broker.admin().bundle().getJwtAuthoritiesList().stream()
        .map(JWTKey::getKeyId)
        .sorted()
        .toList();
  }
}
