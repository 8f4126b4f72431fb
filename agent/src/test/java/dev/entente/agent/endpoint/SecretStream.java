package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import dev.entente.rpc.BidiCall;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.wire.envoy.core.Node;
import dev.entente.wire.envoy.discovery.DeltaDiscoveryRequest;
import dev.entente.wire.envoy.discovery.DeltaDiscoveryResponse;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryResponse;
import dev.entente.wire.envoy.secret.SecretDiscoveryServiceGrpcClient;
import dev.entente.wire.envoy.tls.Secret;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// What an Envoy does on one stream of the Secret Discovery Service, step by step.
final class SecretStream {
  static final String TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

  static final Status UNUSABLE = Status.newBuilder().setCode(13).setMessage("no good").build();

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private SecretStream() {}

  static Secret unpack(Any resource) {
    try {
      assertThat(resource.getTypeUrl()).isEqualTo(TYPE);
      return resource.unpack(Secret.class);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<Secret> secrets(DiscoveryResponse response) {
    return response.getResourcesList().stream().map(SecretStream::unpack).toList();
  }

  static List<String> names(DiscoveryResponse response) {
    return secrets(response).stream().map(Secret::getName).toList();
  }

  static List<String> names(DeltaDiscoveryResponse response) {
    return response.getResourcesList().stream().map(it -> it.getName()).toList();
  }

  private static <Q, A> A next(BidiCall<Q, A> call) throws Exception {
    return WorkloadApiFixture.await(call.next(PATIENCE)).orElseThrow();
  }

  private static GrpcStatus end(BidiCall<?, ?> call) {
    return WorkloadApiFixture.codeOf(call.next(PATIENCE));
  }

  /// State of the world.
  static final class State {
    private final BidiCall<DiscoveryRequest, DiscoveryResponse> call;
    private String version = "";
    private String nonce = "";

    State(RpcClient client) {
      this.call =
          client.bidi(SecretDiscoveryServiceGrpcClient.StreamSecrets, CallOptions.UNLIMITED);
    }

    /// Asks for these, confirming what came last.
    State ask(String... names) {
      call.send(request(names).build());
      return this;
    }

    State askAs(Node node, String... names) {
      call.send(request(names).setNode(node).build());
      return this;
    }

    State askFromEarlierStream(String version, String... names) {
      call.send(request(names).setVersionInfo(version).build());
      return this;
    }

    State askOutdated(String... names) {
      call.send(request(names).setResponseNonce("deadbeef").build());
      return this;
    }

    State reject(String... names) {
      call.send(request(names).setErrorDetail(UNUSABLE).build());
      return this;
    }

    DiscoveryResponse next() throws Exception {
      var response = SecretStream.next(call);
      assertThat(response.getTypeUrl()).isEqualTo(TYPE);
      assertThat(response.getNonce()).matches("[0-9a-f]{8}").isNotEqualTo(nonce);
      version = response.getVersionInfo();
      nonce = response.getNonce();
      return response;
    }

    GrpcStatus end() {
      return SecretStream.end(call);
    }

    void cancel() {
      call.cancel();
    }

    void finish() {
      call.finish();
    }

    private DiscoveryRequest.Builder request(String... names) {
      return DiscoveryRequest.newBuilder()
          .setTypeUrl(TYPE)
          .setVersionInfo(version)
          .setResponseNonce(nonce)
          .addAllResourceNames(Arrays.asList(names));
    }
  }

  /// Only what changed.
  static final class Delta {
    private final BidiCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call;

    Delta(RpcClient client) {
      this.call = client.bidi(SecretDiscoveryServiceGrpcClient.DeltaSecrets, CallOptions.UNLIMITED);
    }

    Delta subscribe(String... names) {
      call.send(request().addAllResourceNamesSubscribe(Arrays.asList(names)).build());
      return this;
    }

    Delta subscribeHaving(Map<String, String> versions, String... names) {
      call.send(
          request()
              .addAllResourceNamesSubscribe(Arrays.asList(names))
              .putAllInitialResourceVersions(versions)
              .build());
      return this;
    }

    Delta unsubscribe(String... names) {
      call.send(request().addAllResourceNamesUnsubscribe(Arrays.asList(names)).build());
      return this;
    }

    Delta confirm(DeltaDiscoveryResponse response) {
      call.send(request().setResponseNonce(response.getNonce()).build());
      return this;
    }

    Delta reject(DeltaDiscoveryResponse response) {
      call.send(request().setResponseNonce(response.getNonce()).setErrorDetail(UNUSABLE).build());
      return this;
    }

    DeltaDiscoveryResponse next() throws Exception {
      var response = SecretStream.next(call);
      assertThat(response.getTypeUrl()).isEqualTo(TYPE);
      assertThat(response.getNonce()).matches("[0-9a-f]{8}");
      return response;
    }

    GrpcStatus end() {
      return SecretStream.end(call);
    }

    private static DeltaDiscoveryRequest.Builder request() {
      return DeltaDiscoveryRequest.newBuilder().setTypeUrl(TYPE);
    }
  }
}
