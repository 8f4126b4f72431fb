package dev.entente.rpc;

import static dev.entente.rpc.ServerCallTest.refusal;
import static dev.entente.rpc.TestServer.LONG;
import static dev.entente.rpc.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.health.v1.HealthCheckRequest;
import io.vertx.grpc.health.v1.HealthCheckResponse;
import io.vertx.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.vertx.grpc.reflection.v1.ServerReflectionRequest;
import io.vertx.grpc.reflection.v1.ServerReflectionResponse;
import io.vertx.grpc.reflection.v1.ServiceResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HealthAndReflectionTest {
  private static final ServiceMethod<HealthCheckResponse, HealthCheckRequest> CHECK =
      ServiceMethod.client(
          ServiceName.create("grpc.health.v1.Health"),
          "Check",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(HealthCheckResponse.newBuilder()));

  @TempDir Path directory;
  private final TestServer server = new TestServer();
  private RpcClient client;

  @BeforeEach
  void listen() throws Exception {
    Path socket = directory.resolve("api.sock");
    server.listen(socket);
    client = RpcClient.overUnixSocket(server.vertx, socket);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private Future<HealthCheckResponse> check(String service) {
    var request = HealthCheckRequest.newBuilder().setService(service).build();
    return client.unary(CHECK, request, LONG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "SpiffeWorkloadAPI", "spire.api.server.agent.v1.Agent"})
  void tellsWhetherItServes(String service) throws Exception {
    assertThat(await(check(service)).getStatus()).isEqualTo(ServingStatus.SERVING);

    server.serving = false;

    assertThat(await(check(service)).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void knowsNoHealthOfAServiceThatIsNotBound() throws Exception {
    assertThat(refusal(check("no.Such")).code()).isEqualTo(GrpcStatus.NOT_FOUND);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  @Tag("+WEP-34")
  void describesItsServices(String version) throws Exception {
    var listing = ServerReflectionRequest.newBuilder().setListServices("").build();
    var symbol =
        ServerReflectionRequest.newBuilder().setFileContainingSymbol("SpiffeWorkloadAPI").build();
    var call = client.bidi(reflection(version), CallOptions.within(LONG));

    call.send(listing);
    var services = await(call.next(LONG)).orElseThrow().getListServicesResponse();
    call.send(symbol);
    var file = await(call.next(LONG)).orElseThrow().getFileDescriptorResponse();
    call.finish();

    assertThat(services.getServiceList())
        .extracting(ServiceResponse::getName)
        .contains("SpiffeWorkloadAPI", "grpc.health.v1.Health");
    assertThat(file.getFileDescriptorProtoCount()).isEqualTo(1);
    assertThat(await(call.next(LONG))).isEmpty();
  }

  private static ServiceMethod<ServerReflectionResponse, ServerReflectionRequest> reflection(
      String version) {
    return ServiceMethod.client(
        ServiceName.create("grpc.reflection." + version + ".ServerReflection"),
        "ServerReflectionInfo",
        GrpcMessageEncoder.encoder(),
        GrpcMessageDecoder.decoder(ServerReflectionResponse.newBuilder()));
  }
}
