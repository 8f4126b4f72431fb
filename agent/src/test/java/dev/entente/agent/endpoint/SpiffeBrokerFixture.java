package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.entente.agent.node.AgentIdentity;
import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.SvidCache;
import dev.entente.agent.svidcache.SvidCacheSettings;
import dev.entente.agent.workload.AttestedPod;
import dev.entente.agent.workload.PodAttestor;
import dev.entente.agent.workload.PodReference;
import dev.entente.agent.workload.WorkloadAttestation;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTerms;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.X509Svid;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.spiffe.broker.APIGrpcClient;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDRequest;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDResponse;
import dev.entente.wire.spiffe.broker.SubscribeToJWTBundlesRequest;
import dev.entente.wire.spiffe.broker.SubscribeToJWTBundlesResponse;
import dev.entente.wire.spiffe.broker.SubscribeToX509BundlesRequest;
import dev.entente.wire.spiffe.broker.SubscribeToX509BundlesResponse;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDRequest;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDResponse;
import dev.entente.wire.spiffe.broker.WorkloadPIDReference;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;

/// A SPIFFE Broker API on a real Unix socket with real TLS, with a node that a test commands.
final class SpiffeBrokerFixture implements AutoCloseable {
  static final String HEADER = "broker.spiffe.io";
  static final CallOptions WITH_HEADER =
      CallOptions.within(Duration.ofSeconds(20)).with(HEADER, "true");
  static final CallOptions OPEN = CallOptions.UNLIMITED.with(HEADER, "true");
  static final SpiffeId BROKER = SpiffeId.parse("spiffe://example.org/proxy");
  static final SpiffeId AGENT = SpiffeId.parse("spiffe://example.org/spire/agent/x/1");

  final ManualClock clock = ManualClock.atPresent();
  final FakeIdentitySource source = new FakeIdentitySource(clock);
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  final SvidCache cache =
      new SvidCache(vertx, source, SvidCacheSettings.DEFAULT, clock, RandomGenerator.getDefault());
  final Attestor attestor = new Attestor();
  final Path socket;
  final SpiffeBrokerEndpoint endpoint;
  private final WorkloadAttestation attestation;
  private final SpiffeBrokerEndpoint.Listening listening;
  private final List<RpcClient> clients = new ArrayList<>();

  SpiffeBrokerFixture(Path directory) throws Exception {
    this(directory, WorkloadProfile.STABLE, true);
  }

  /// @param pods whether an attestor knows pods
  SpiffeBrokerFixture(Path directory, Set<WorkloadProfile> profiles, boolean pods)
      throws Exception {
    this.socket = directory.resolve("broker-api.sock");
    WorkloadAttestor processes = workload -> attestor.attest(workload);
    this.attestation = new WorkloadAttestation(vertx, Map.of("k8s", pods ? attestor : processes));
    var own = identity(source.authority(), AGENT, Duration.ofDays(1));
    var agent = new AgentIdentity(X509Svid.of(own.chain()), own.key(), true);
    this.endpoint =
        new SpiffeBrokerEndpoint(
            vertx,
            source,
            () -> Optional.of(agent),
            cache,
            attestation,
            new SpiffeBrokerSettings(socket, Set.of(BROKER)),
            profiles,
            clock);
    await(cache.start());
    this.listening = await(endpoint.listen());
  }

  /// Says what processes and pods are.
  static final class Attestor implements WorkloadAttestor, PodAttestor {
    volatile List<Selector> ofProcesses = List.of(Selector.parse("k8s:sa:web"));
    volatile boolean isDown;
    final Map<PodReference.Name, AttestedPod> pods = new ConcurrentHashMap<>();

    @Override
    public List<Selector> attest(Workload workload) throws AttestationFault {
      requireUp();
      return ofProcesses;
    }

    @Override
    public Optional<AttestedPod> attest(PodReference reference) throws AttestationFault {
      requireUp();
      return pods.entrySet().stream()
          .filter(pod -> reference.name().map(pod.getKey()::equals).orElse(true))
          .map(Map.Entry::getValue)
          .filter(pod -> reference.uid().map(pod.uid()::equals).orElse(true))
          .findFirst();
    }

    private void requireUp() throws AttestationFault {
      if (isDown) {
        throw new AttestationFault("down, says the test");
      }
    }
  }

  TlsIdentity identity(FakeAuthority authority, SpiffeId id, Duration ttl) {
    var keys = KeyAlgorithm.EC_P256.generate();
    var svid = authority.issue(id, keys.getPublic(), clock.instant(), ttl);
    return new TlsIdentity(keys.getPrivate(), svid.chain());
  }

  /// The authorised SPIFFE broker.
  RpcClient broker() {
    return client(Optional.of(identity(source.authority(), BROKER, Duration.ofHours(12))));
  }

  RpcClient client(Optional<TlsIdentity> identity) {
    var bundles = BundleSource.of(source.current().ownBundle());
    var trust = new SvidTrustManager(bundles, AGENT::equals, clock);
    return register(RpcClient.overTls(vertx, socket, new TlsTerms(() -> identity, trust)));
  }

  RpcClient register(RpcClient client) {
    clients.add(client);
    return client;
  }

  static WorkloadReference reference(Message packed) {
    return WorkloadReference.newBuilder().setReference(Any.pack(packed)).build();
  }

  static WorkloadReference ofPid(long pid) {
    return reference(WorkloadPIDReference.newBuilder().setPid(Math.toIntExact(pid)).build());
  }

  WorkloadApiFixture.Stream<SubscribeToX509SVIDResponse> x509Svids(
      RpcClient client, WorkloadReference reference) {
    return open(
        client,
        APIGrpcClient.SubscribeToX509SVID,
        SubscribeToX509SVIDRequest.newBuilder().setReference(reference).build());
  }

  WorkloadApiFixture.Stream<SubscribeToX509BundlesResponse> x509Bundles(
      RpcClient client, WorkloadReference reference) {
    return open(
        client,
        APIGrpcClient.SubscribeToX509Bundles,
        SubscribeToX509BundlesRequest.newBuilder().setReference(reference).build());
  }

  WorkloadApiFixture.Stream<SubscribeToJWTBundlesResponse> jwtBundles(
      RpcClient client, WorkloadReference reference) {
    return open(
        client,
        APIGrpcClient.SubscribeToJWTBundles,
        SubscribeToJWTBundlesRequest.newBuilder().setReference(reference).build());
  }

  private static <Q, A> WorkloadApiFixture.Stream<A> open(
      RpcClient client, ServiceMethod<A, Q> method, Q request) {
    return open(client, method, request, OPEN);
  }

  private static <Q, A> WorkloadApiFixture.Stream<A> open(
      RpcClient client, ServiceMethod<A, Q> method, Q request, CallOptions options) {
    var stream = new WorkloadApiFixture.Stream<A>();
    client.serverStream(method, request, options, stream);
    return stream;
  }

  static FetchJWTSVIDRequest jwtRequest(WorkloadReference reference, String... audience) {
    return FetchJWTSVIDRequest.newBuilder()
        .setReference(reference)
        .addAllAudience(List.of(audience))
        .build();
  }

  static Future<FetchJWTSVIDResponse> fetch(RpcClient client, FetchJWTSVIDRequest request) {
    return client.unary(APIGrpcClient.FetchJWTSVID, request, WITH_HEADER);
  }

  /// How the call ended.
  static RpcStatus statusOf(Future<?> call) throws Exception {
    try {
      await(call);
      return RpcStatus.OK;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RpcException refusal) {
        return refusal.status();
      }
      throw e;
    }
  }

  /// How each method of the API ends for this caller and reference, by its name; a stream that
  /// brings a message has ended with OK here.
  Map<String, RpcStatus> endings(RpcClient client, WorkloadReference reference) throws Exception {
    return endings(client, reference, OPEN);
  }

  Map<String, RpcStatus> endings(RpcClient client, WorkloadReference reference, CallOptions options)
      throws Exception {
    var x509 = SubscribeToX509SVIDRequest.newBuilder().setReference(reference).build();
    var bundles = SubscribeToX509BundlesRequest.newBuilder().setReference(reference).build();
    var jwtBundles = SubscribeToJWTBundlesRequest.newBuilder().setReference(reference).build();
    var jwt = jwtRequest(reference, "db");
    return Map.of(
        "SubscribeToX509SVID",
        open(client, APIGrpcClient.SubscribeToX509SVID, x509, options).firstOrEnd(),
        "SubscribeToX509Bundles",
        open(client, APIGrpcClient.SubscribeToX509Bundles, bundles, options).firstOrEnd(),
        "FetchJWTSVID",
        statusOf(client.unary(APIGrpcClient.FetchJWTSVID, jwt, options)),
        "SubscribeToJWTBundles",
        open(client, APIGrpcClient.SubscribeToJWTBundles, jwtBundles, options).firstOrEnd());
  }

  @Override
  public void close() {
    try {
      for (var client : clients) {
        await(client.close());
      }
      await(listening.close());
      attestation.close();
      await(cache.stop());
      await(vertx.close());
    } catch (Exception e) {
      throw new IllegalStateException("the fixture did not stop", e);
    }
  }
}
