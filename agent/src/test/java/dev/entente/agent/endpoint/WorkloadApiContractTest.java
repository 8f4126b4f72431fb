package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.RpcService;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcService;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The wire of the Workload API: its messages as the standard numbers them, and gRPC written by
/// hand, without a client of our own (SPIFFE Workload Endpoint §3, Workload API §3).
class WorkloadApiContractTest {
  @TempDir private Path directory;

  private WorkloadApiFixture api;

  @BeforeEach
  void start() throws Exception {
    api =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", _ -> List.of(Selector.parse("unix:uid:1"))),
            WorkloadApiSettings.DEFAULT);
    api.source.setEntries(entry("api", "unix:uid:1"));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "X509SVIDRequest, ''",
    "X509SVIDResponse, svids=1 X509SVID*; crl=2 bytes*; federated_bundles=3 map string bytes",
    "X509SVID, spiffe_id=1 string; x509_svid=2 bytes; x509_svid_key=3 bytes; bundle=4 bytes;"
        + " hint=5 string",
    "X509BundlesRequest, ''",
    "X509BundlesResponse, crl=1 bytes*; bundles=2 map string bytes",
    "JWTSVIDRequest, audience=1 string*; spiffe_id=2 string",
    "JWTSVIDResponse, svids=1 JWTSVID*",
    "JWTSVID, spiffe_id=1 string; svid=2 string; hint=3 string",
    "JWTBundlesRequest, ''",
    "JWTBundlesResponse, bundles=1 map string bytes",
    "ValidateJWTSVIDRequest, audience=1 string; svid=2 string",
    "ValidateJWTSVIDResponse, spiffe_id=1 string; claims=2 Struct",
    "WITSVIDRequest, spiffe_id=1 string",
    "WITSVIDResponse, svids=1 WITSVID*",
    "WITSVID, spiffe_id=1 string; wit_svid=2 string; wit_svid_key=3 string; hint=4 string",
    "WITBundlesRequest, ''",
    "WITBundlesResponse, bundles=1 map string string",
  })
  @Tag("+WAPI-05")
  @Tag("+WAPI-06")
  void numbersFieldsAsTheStandardDoes(String message, String fields) {
    var file = SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR.getFile();

    assertThat(
            file.findMessageTypeByName(message).getFields().stream()
                .map(WorkloadApiContractTest::text)
                .collect(Collectors.joining("; ")))
        .isEqualTo(fields);
  }

  /// Name, number and type of a field, with `*` if it is repeated.
  static String text(FieldDescriptor field) {
    var type =
        field.isMapField()
            ? "map "
                + field.getMessageType().getFields().stream()
                    .map(WorkloadApiContractTest::type)
                    .collect(Collectors.joining(" "))
            : type(field) + (field.isRepeated() ? "*" : "");
    return field.getName() + "=" + field.getNumber() + " " + type;
  }

  private static String type(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.MESSAGE
        ? field.getMessageType().getName()
        : field.getType().name().toLowerCase(Locale.ROOT);
  }

  @Test
  @Tag("+WAPI-05")
  @Tag("+WAPI-06")
  @Tag("+WEP-31")
  @Tag("+WEP-32")
  @Tag("Q-15")
  void offersWhatIsNotStandardAsServicesOfTheirOwn() {
    var services = api.endpoint.router().services();

    assertThat(SpiffeWorkloadAPIGrpcService.SERVICE_DESCRIPTOR.getFile().getServices()).hasSize(1);
    assertThat(services)
        .extracting(RpcService::descriptor)
        .filteredOn(it -> it.getFile().getPackage().isEmpty())
        .singleElement()
        .satisfies(it -> {
          assertThat(it.getFullName()).isEqualTo("SpiffeWorkloadAPI");
          assertThat(it.getMethods())
              .noneMatch(MethodDescriptor::isClientStreaming)
              .filteredOn(MethodDescriptor::isServerStreaming)
              .extracting(MethodDescriptor::getName)
              .containsExactly(
                  "FetchX509SVID",
                  "FetchX509Bundles",
                  "FetchJWTBundles",
                  "FetchWITSVID",
                  "FetchWITBundles");
        });
  }

  @Test
  @Tag("+WEP-03")
  @Tag("+WEP-10")
  @Tag("+WAPI-02")
  void answersGrpcInClearTextToAClientOfNobody() throws Exception {
    var answer = post("/SpiffeWorkloadAPI/FetchJWTSVID", Optional.of("true"));

    assertThat(answer.status()).isEqualTo("0");
    assertThat(answer.contentType()).startsWith("application/grpc");
    assertThat(answer.body().getByte(0)).as("not compressed").isZero();
    assertThat(answer.body().getInt(1)).isEqualTo(answer.body().length() - 5);
    var message = answer.body().slice(5, answer.body().length());
    assertThat(JWTSVIDResponse.parseFrom(message.getBytes()).getSvids(0).getSpiffeId())
        .isEqualTo("spiffe://example.org/api");
  }

  @ParameterizedTest
  @CsvSource({
    "/SpiffeWorkloadAPI/FetchSSHSVID, 12",
    "/spiffe.broker.API/FetchJWTSVID, 12",
    "/SpiffeWorkloadAPI/FetchWITBundles, 12",
  })
  @Tag("-WEP-29")
  void knowsNoOtherMethod(String path, String status) throws Exception {
    assertThat(post(path, Optional.of("true")).status()).isEqualTo(status);
  }

  @Test
  @Tag("-WEP-09")
  @Tag("-WEP-23")
  void refusesARequestWithoutTheHeader() throws Exception {
    assertThat(post("/SpiffeWorkloadAPI/FetchJWTSVID", Optional.empty()).status()).isEqualTo("3");
  }

  /// One answer; the status is in the trailers, or in the headers if there is nothing else.
  record Answer(String status, String contentType, Buffer body) {}

  private Answer post(String path, Optional<String> header) throws Exception {
    var http =
        api.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    var target =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setServer(SocketAddress.domainSocketAddress(api.socket.toString()))
            .setHost("localhost")
            .setPort(80)
            .setURI(path)
            .addHeader("te", "trailers")
            .addHeader("content-type", "application/grpc");
    header.ifPresent(value -> target.addHeader("workload.spiffe.io", value));
    var request = JWTSVIDRequest.newBuilder().addAudience("db").build().toByteArray();
    var frame = Buffer.buffer().appendByte((byte) 0).appendInt(request.length);
    try {
      return await(
          http.request(target)
              .compose(call -> call.send(frame.appendBytes(request)))
              .compose(response ->
                  response
                      .body()
                      .compose(body ->
                          Future.succeededFuture(
                              new Answer(
                                  status(response.headers(), response.trailers()),
                                  String.valueOf(response.getHeader("content-type")),
                                  body)))));
    } finally {
      await(http.close());
    }
  }

  private static String status(MultiMap headers, MultiMap trailers) {
    var trailing = trailers.get("grpc-status");
    return trailing == null ? String.valueOf(headers.get("grpc-status")) : trailing;
  }
}
