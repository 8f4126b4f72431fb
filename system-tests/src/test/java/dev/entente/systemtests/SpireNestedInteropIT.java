package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.JWTKey;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A SPIRE server with the plugin `spire`, below our broker.
@DisplayName("The real spire-server is nested below our broker")
final class SpireNestedInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void takesItsAuthorityFromUsAndPublishesItsJwtKeysThroughUs() {
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var entry =
        AdminApi.entry(
            "/spire/agent/join_token/" + token, "/downstream", SpireServerProcess.selector());
    broker.admin().createEntry(entry.setDownstream(true).build());

    var nested =
        new SpireServerProcess(sandbox, "nested").below(broker.address(), agent.socket()).start();

    var minted =
        nested.cli().run("x509", "mint", "-spiffeID", "spiffe://td.example/x", "-output", "json");
    var json = new JsonObject(minted.value());
    assertThat(json.getJsonArray("x509_svid")).as("leaf and its authority").hasSize(2);
    assertThat(json.getJsonArray("root_cas"))
        .as("our authorities alone")
        .hasSize(broker.admin().bundle().getX509AuthoritiesCount());
    var theirKey =
        new JsonObject(nested.cli().run("localauthority", "jwt", "show", "-output", "json").value())
            .getJsonObject("active")
            .getString("authority_id");
    Await.until(
        "its JWT key in our bundle",
        SOON,
        () ->
            broker.admin().bundle().getJwtAuthoritiesList().stream()
                .map(JWTKey::getKeyId)
                .anyMatch(theirKey::equals));
  }
}
