package dev.entente.systemtests;

import static dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Two Envoys in two federated trust domains, each with an agent of its own.
@DisplayName("Two real Envoys speak mutual TLS")
final class EnvoyInteropIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  private static final Duration SOON = Duration.ofSeconds(60);

  /// Renewed after some ten seconds.
  private static final int TTL_SECONDS = 20;

  private static final String HERE = "spiffe://td.example/proxy";
  private static final String THERE = "spiffe://partner.example/proxy";

  @Test
  @Needs(Peer.ENVOY)
  void throughRotationsOfBothWithoutADroppedRequest() throws IOException {
    var here = site("td.example");
    var there = site("partner.example");
    federate(here, there);
    federate(there, here);
    register(here, "partner.example");
    register(there, "td.example");
    var server =
        EnvoyProcess.server(
            sandbox,
            "server",
            there.agent(),
            new EnvoyProcess.Secrets("GRPC", "default", "ALL", HERE));
    var client =
        EnvoyProcess.client(
            sandbox,
            "client",
            here.agent(),
            server,
            new EnvoyProcess.Secrets("DELTA_GRPC", HERE, "spiffe://partner.example", THERE),
            new EnvoyProcess.Secrets("GRPC", "default", "ROOTCA", THERE));

    Await.until("a first answer", SOON, () -> client.ask("/").statusCode() == 200);
    try (var clients = new EnvoyClients(client, HERE)) {
      clients.awaitCertificates(3);
      changeAuthority(here, there, server, "ALL", clients);
      changeAuthority(there, here, client, "spiffe://partner.example", clients);
      clients.awaitCertificates(2);
    }

    assertThat(client.ask("/wrong").statusCode())
        .as("a server whose trust domain is not in the bundle")
        .isEqualTo(503);
    assertThat(server.rejectedSecrets() + client.rejectedSecrets()).isZero();
  }

  /// A new authority is published, signs, and the one before is revoked, each when the other side
  /// knows.
  private void changeAuthority(
      Site site, Site other, EnvoyProcess othersProxy, String secret, EnvoyClients clients) {
    var admin = site.broker().admin();
    var before = admin.activeX509Authority();
    var node = admin.agents().getFirst().getX509SvidSerialNumber();
    var next = new AtomicReference<>("");
    publish(other, site, othersProxy, secret, () -> next.set(admin.prepareX509Authority()));
    admin.activateNow(AUTHORITY_KIND_X509, next.get());
    admin.taintX509Authority(before);
    clients.awaitCertificates(2);
    Await.until(
        "the agent's own",
        SOON,
        () -> !admin.agents().getFirst().getX509SvidSerialNumber().equals(node));
    publish(other, site, othersProxy, secret, () -> admin.revokeX509Authority(before));
  }

  private void publish(
      Site other, Site site, EnvoyProcess othersProxy, String secret, Runnable change) {
    var before = othersProxy.updates(secret);
    change.run();
    Cli.of(sandbox, other.broker()).run("federation", "refresh", site.domain()).value();
    Await.until("bundle at the proxy", SOON, () -> othersProxy.updates(secret) > before);
  }

  /// A trust domain with a broker, one node and its agent.
  private record Site(
      String domain, BrokerProcess broker, AgentProcess agent, String endpoint, String token) {
    SPIFFEID id(String path) {
      return SPIFFEID.newBuilder().setTrustDomain(domain).setPath(path).build();
    }
  }

  private Site site(String domain) {
    var endpoint = sandbox.freeAddress();
    var broker =
        new BrokerProcess(sandbox, "broker-" + domain)
            .trustDomain(domain)
            .with(
                """
                listeners: [{kind: bundle-https-spiffe, address: "%s"}]
                federation: {allow-private-addresses: true}
                """
                    .formatted(endpoint))
            .start();
    var token = broker.admin().joinToken();
    var agent =
        new AgentProcess(sandbox, "agent-" + domain, broker)
            .trustDomain(domain)
            .joinToken(token)
            .start();
    return new Site(domain, broker, agent, endpoint, token);
  }

  private void federate(Site site, Site other) throws IOException {
    var bundle = Cli.of(sandbox, other.broker()).run("bundle", "show", "--format", "spiffe");
    var file = sandbox.directory().resolve(other.domain() + ".json");
    Files.writeString(file, bundle.value());
    Cli.of(sandbox, site.broker())
        .run(
            "federation",
            "create",
            other.domain(),
            "--url",
            "https://" + other.endpoint(),
            "--endpoint-spiffe-id",
            "spiffe://" + other.domain() + "/spire/server",
            "--bundle",
            file.toString())
        .value();
  }

  private static void register(Site site, String federatesWith) throws IOException {
    var path = Peer.ENVOY.program().toRealPath();
    site.broker()
        .admin()
        .createEntry(
            Entry.newBuilder()
                .setParentId(site.id("/spire/agent/join_token/" + site.token()))
                .setSpiffeId(site.id("/proxy"))
                .addSelectors(Selector.newBuilder().setType("unix").setValue("path:" + path))
                .addFederatesWith(federatesWith)
                .setX509SvidTtl(TTL_SECONDS)
                .build());
  }
}
