package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SpiffeBrokerFixture.BROKER;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.HEADER;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.jwtRequest;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.ofPid;
import static dev.entente.agent.endpoint.SpiffeBrokerFixture.statusOf;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spiffe.broker.APIGrpcClient;
import dev.entente.wire.spiffe.broker.APIGrpcService;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import dev.entente.wire.spiffe.broker.X509SVID;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.health.v1.HealthCheckRequest;
import io.vertx.grpc.health.v1.HealthCheckResponse;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who may call the SPIFFE Broker API: every kind of caller, each method.
class SpiffeBrokerCallersTest {
  private static final AgentEntry WEB = entry("web", "k8s:sa:web");
  private static final Duration TTL = Duration.ofHours(12);
  private static final WorkloadReference THIS_PROCESS = ofPid(ProcessHandle.current().pid());

  private static final ServiceMethod<HealthCheckResponse, HealthCheckRequest> HEALTH =
      ServiceMethod.client(
          ServiceName.create("grpc.health.v1.Health"),
          "Check",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(HealthCheckResponse.newBuilder()));

  @TempDir private Path directory;

  private SpiffeBrokerFixture api;

  @BeforeEach
  void start() throws Exception {
    api = new SpiffeBrokerFixture(directory);
    api.source.setEntries(WEB);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void letsTheAuthorizedBrokerDoEverything() throws Exception {
    assertThat(codes(api.broker(), SpiffeBrokerFixture.OPEN))
        .as("BRE-03, BRE-05, BRE-19")
        .allSatisfy((method, code) -> assertThat(code).as(method).isEqualTo(GrpcStatus.OK));
  }

  @Test
  @Tag("Q-19")
  void refusesWhoIsNoAuthorizedBroker() throws Exception {
    var workload = api.identity(api.source.authority(), id("/web"), TTL);
    var agent = api.identity(api.source.authority(), SpiffeBrokerFixture.AGENT, TTL);
    var below = api.identity(api.source.authority(), id("/proxy/below"), TTL);

    for (var caller : List.of(workload, agent, below)) {
      assertEveryMethodAnswers(api.client(Optional.of(caller)), GrpcStatus.PERMISSION_DENIED);
    }
  }

  @Test
  @Tag("Q-32")
  void refusesWhoShowsNoCertificate() throws Exception {
    assertEveryMethodAnswers(api.client(Optional.empty()), GrpcStatus.UNAUTHENTICATED);
  }

  @Test
  @Tag("Q-35")
  void answersAboutAProcessOfThisNodeOnItsUnixSocket() throws Exception {
    var answer = api.x509Svids(api.broker(), THIS_PROCESS).next();

    assertThat(Files.readAttributes(api.socket, BasicFileAttributes.class).isOther()).isTrue();
    assertThat(answer.getSvidsList())
        .extracting(X509SVID::getSpiffeId)
        .containsExactly("spiffe://example.org/web");
  }

  @Test
  @Tag("Q-35")
  void opensNoPortAnotherNodeCouldReach(@TempDir Path another) throws Exception {
    var before = listeningPorts();

    try (var second = new SpiffeBrokerFixture(another)) {
      assertThat(second.socket).exists();
      assertThat(listeningPorts()).isSubsetOf(before);
    }
    try (var port = new ServerSocket(0)) {
      assertThat(listeningPorts()).as("what a port looks like").contains(port.getLocalPort());
    }
  }

  /// The TCP ports this process listens on, as the kernel tells them (proc(5)).
  private static Set<Integer> listeningPorts() throws IOException {
    var own = new HashSet<String>();
    try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (var descriptor : descriptors.toList()) {
        try {
          own.add(Files.readSymbolicLink(descriptor).toString());
        } catch (NoSuchFileException _) {
          // Closed since, as the one that lists them is.
        }
      }
    }
    var ports = new TreeSet<Integer>();
    for (var table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
      for (var line : Files.readAllLines(Path.of(table))) {
        var fields = line.strip().split(" +", -1);
        if (fields[3].equals("0A") && own.contains("socket:[" + fields[9] + "]")) {
          ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
        }
      }
    }
    return ports;
  }

  @Test
  void letsNobodyConnectWhoseCertificateIsNoSvidOfThisTrustDomain() throws Exception {
    var elsewhere = TrustDomain.parse("partner.example");
    var partner = new FakeAuthority(elsewhere, api.clock.instant());
    api.source.setFederated(FakeIdentitySource.bundle(elsewhere, partner));
    var impostor = new FakeAuthority(FakeIdentitySource.DOMAIN, api.clock.instant());
    var expired = api.identity(api.source.authority(), BROKER, Duration.ofMinutes(1));
    api.clock.advance(Duration.ofMinutes(2));

    for (var identity :
        List.of(
            api.identity(partner, SpiffeId.parse("spiffe://partner.example/proxy"), TTL),
            api.identity(impostor, BROKER, TTL),
            expired)) {
      assertEveryMethodAnswers(api.client(Optional.of(identity)), GrpcStatus.UNAVAILABLE);
    }
    assertEveryMethodAnswers(
        api.register(RpcClient.overUnixSocket(api.vertx, api.socket)), GrpcStatus.UNAVAILABLE);
  }

  @Test
  void refusesRequestsWithoutTheHeader() throws Exception {
    var broker = api.broker();
    var without = CallOptions.UNLIMITED;

    for (var options :
        List.of(
            without,
            without.with(HEADER, "True"),
            without.with(HEADER, "true,true"),
            without.with("workload.spiffe.io", "true"))) {
      assertThat(codes(broker, options))
          .as("%s", options)
          .allSatisfy(
              (method, code) -> assertThat(code).as(method).isEqualTo(GrpcStatus.INVALID_ARGUMENT));
    }
  }

  @Test
  void endsTheStreamsOfABrokerWhoseSvidExpires() throws Exception {
    var shortLived = api.identity(api.source.authority(), BROKER, Duration.ofMinutes(1));
    var stream = api.x509Svids(api.client(Optional.of(shortLived)), THIS_PROCESS);
    stream.next();

    api.clock.advance(Duration.ofMinutes(2));

    assertThat(stream.end()).isEqualTo(GrpcStatus.UNAUTHENTICATED);
  }

  @Test
  void endsTheStreamsOfABrokerWhoseAuthorityIsRemoved() throws Exception {
    var broker = api.broker();
    var stream = api.x509Svids(broker, THIS_PROCESS);
    stream.next();

    removeAuthority();

    assertThat(stream.end()).isEqualTo(GrpcStatus.UNAUTHENTICATED);
    assertThat(api.endings(broker, THIS_PROCESS).values())
        .allSatisfy(status -> assertThat(status.code()).isEqualTo(GrpcStatus.UNAUTHENTICATED));
  }

  @Test
  void givesNoTokenToABrokerWhoseAuthorityIsRemovedWhileItIsSigned() throws Exception {
    var broker = api.broker();
    api.source.whileJwtIsSigned(this::removeAuthority);

    var answer =
        broker.unary(
            APIGrpcClient.FetchJWTSVID, jwtRequest(THIS_PROCESS, "db"), SpiffeBrokerFixture.OPEN);

    assertThat(statusOf(answer).code()).isEqualTo(GrpcStatus.UNAUTHENTICATED);
    assertThat(api.source.jwtsAsked()).isPositive();
  }

  private void removeAuthority() {
    api.source.taintAndReplaceAuthority();
    api.source.setOwnBundle(own ->
        own.withX509Authorities(
            own.x509Authorities().stream().filter(it -> !it.tainted()).toList()));
  }

  @Test
  void verifiesAgainAfterEveryChangeAndLetsTheSameBrokerGoOn() throws Exception {
    var broker = api.broker();
    var stream = api.x509Svids(broker, THIS_PROCESS);
    var first = stream.next();

    api.source.setEntries(atRevision(WEB, 1));

    assertThat(stream.next()).isNotEqualTo(first);
    assertThat(api.endings(broker, THIS_PROCESS).values()).containsOnly(RpcStatus.OK);
  }

  private void assertEveryMethodAnswers(RpcClient client, GrpcStatus expected) throws Exception {
    assertThat(codes(client, SpiffeBrokerFixture.OPEN))
        .allSatisfy((method, code) -> assertThat(code).as(method).isEqualTo(expected));
  }

  /// How each method of the API ends, health and reflection too; the table must know each method
  /// there is.
  private Map<String, GrpcStatus> codes(RpcClient client, CallOptions options) throws Exception {
    var codes = new TreeMap<String, GrpcStatus>();
    for (var one : api.endings(client, THIS_PROCESS, options).entrySet()) {
      codes.put(one.getKey(), one.getValue().code());
    }
    assertThat(codes.keySet())
        .isEqualTo(
            APIGrpcService.SERVICE_DESCRIPTOR.getMethods().stream()
                .map(MethodDescriptor::getName)
                .collect(Collectors.toSet()));
    var health = client.unary(HEALTH, HealthCheckRequest.getDefaultInstance(), options);
    codes.put("health", statusOf(health).code());
    return codes;
  }

  private static SpiffeId id(String path) {
    return SpiffeId.of(FakeIdentitySource.DOMAIN, path);
  }
}
