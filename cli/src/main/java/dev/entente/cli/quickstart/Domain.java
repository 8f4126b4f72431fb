package dev.entente.cli.quickstart;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.Selector;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// One of the two trust domains: its broker, its agent, and the identity of its workload.
///
/// @param workloadId who the workload is
record Domain(
    TrustDomain name, SpiffeId workloadId, Place place, Addresses addresses, BrokerAdmin admin) {
  /// Far above the aim of 1.5 s: the machine may be busy with a build.
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);

  private static final Duration PROBE = Duration.ofSeconds(2);

  /// Short enough that a person sees a rotation, long enough that one missed is no harm.
  private static final Duration SVID_TTL = Duration.ofSeconds(20);

  /// Prepares files and addresses; nothing runs yet.
  static Domain prepare(
      String name, String workload, Path directory, Loopback loopback, Vertx vertx)
      throws IOException {
    var domain = TrustDomain.parse(name);
    var place = new Place(directory.resolve(name.substring(0, name.indexOf('.'))));
    Files.createDirectories(place.directory());
    return new Domain(
        domain,
        SpiffeId.of(domain, workload),
        place,
        Addresses.on(loopback),
        new BrokerAdmin(vertx, place.brokerSocket()));
  }

  /// Starts the broker without waiting for it.
  Child startBroker(Children children, Programs programs, WebCertificate web) throws IOException {
    var config =
        Files.writeString(
            place.file("broker.yaml"),
            ConfigText.broker(name, place, addresses, web.certificate(), web.key()));
    return children.start(
        "broker of " + name, place.file("broker.log"), programs.daemon("broker", config));
  }

  /// Starts the agent with a new join token, without waiting for it.
  Node startAgent(Children children, Programs programs) throws IOException {
    Files.writeString(place.bundleFile(), BrokerAdmin.pem(admin.bundle()));
    var token = admin.createJoinToken();
    var config =
        Files.writeString(
            place.file("agent.yaml"), ConfigText.agent(name, place, addresses, token));
    var child =
        children.start(
            "agent of " + name, place.file("agent.log"), programs.daemon("agent", config));
    return new Node(SpiffeId.of(name, "/spire/agent/join_token/" + token), child);
  }

  /// An agent under way.
  ///
  /// @param id what it will be once it is attested
  record Node(SpiffeId id, Child child) {}

  /// Waits until the broker can issue.
  void awaitBroker(Child broker) throws Exception {
    awaitReady(broker, addresses.brokerOps());
  }

  /// Waits until the agent serves workloads.
  void awaitAgent(Child agent) throws Exception {
    awaitReady(agent, addresses.agentOps());
  }

  private static void awaitReady(Child child, String address) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + address + "/ready")).timeout(PROBE).build();
    try (var http = HttpClient.newBuilder().connectTimeout(PROBE).build()) {
      var ready =
          Await.until(
              READY_WITHIN,
              () -> {
                child.ensureAlive();
                return answersYes(http, request);
              });
      if (!ready) {
        throw new QuickstartException(
            child.name() + " was not ready within " + READY_WITHIN.toSeconds() + " s", child);
      }
    }
  }

  private static boolean answersYes(HttpClient http, HttpRequest request)
      throws InterruptedException {
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  /// The entry that grants `id` to processes of our user that run `executable`.
  Entry entry(SpiffeId parent, SpiffeId id, Path executable, TrustDomain federatesWith)
      throws IOException {
    var uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return Entry.newBuilder()
        .setParentId(BrokerAdmin.wire(parent))
        .setSpiffeId(BrokerAdmin.wire(id))
        .addAllSelectors(List.of(unix("path:" + executable), unix("uid:" + uid)))
        .setX509SvidTtl(Math.toIntExact(SVID_TTL.toSeconds()))
        .addFederatesWith(federatesWith.name())
        .build();
  }

  private static Selector unix(String value) {
    return Selector.newBuilder().setType("unix").setValue(value).build();
  }
}
