package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.WorkloadApiFixture.await;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static dev.entente.agent.svidcache.Entries.flagged;
import static dev.entente.agent.svidcache.Entries.withHint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcService;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import dev.entente.testkit.Await;
import dev.entente.wire.spiffe.workload.JWTBundlesRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.WITBundlesRequest;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.X509BundlesRequest;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What the Workload API answers to whom, on its calls and open streams.
class WorkloadApiEndpointTest extends WorkloadApiCalls {
  @Test
  void refusesTheStreamsOfOneUserBeyondItsPartAndServesItAgainWhenOneEnds() throws Exception {
    api.close();
    api = start(settings(false, Set.of(), new WorkloadApiLimits(10, 10, 10, 2)));
    api.source.setEntries(API);
    var first = x509Stream();
    first.next();
    x509Stream().next();

    assertThat(x509Stream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    first.cancel();
    Await.until(
        "one stream is left", Duration.ofSeconds(20), () -> api.endpoint.openStreams() == 1);

    x509Stream().next();
  }

  @Test
  @Tag("+WAPI-25")
  @Tag("+WAPI-27")
  @Tag("+WAPI-30")
  @Tag("+WAPI-33")
  @DisplayName(
      "WAPI-25 WAPI-27 WAPI-30 WAPI-33 an X.509 answer has every field, leaf first, PKCS#8")
  @Tag("+WAPI-01")
  @Tag("+WAPI-06")
  @Tag("+WAPI-42")
  @Tag("+WEP-33")
  void answersACompleteX509Svid() throws Exception {
    api.source.setEntries(API);

    var svid = x509Stream().next().getSvids(0);

    assertThat(svid.getSpiffeId()).isEqualTo("spiffe://example.org/api");
    var chain = X509Svid.parseConcatenated(svid.getX509Svid().toByteArray());
    assertThat(chain.id()).hasToString(svid.getSpiffeId());
    var key = PrivateKeys.fromPkcs8(svid.getX509SvidKey().toByteArray());
    assertThat(PrivateKeys.isPair(key, chain.leaf().getPublicKey())).isTrue();
    assertThat(Certificates.parseConcatenated(svid.getBundle().toByteArray()))
        .containsExactly(api.source.authority().x509().certificate());
  }

  @Test
  @Tag("+WAPI-31")
  @Tag("-WAPI-34")
  @Tag("+WAPI-90")
  @DisplayName("WAPI-31 WAPI-34 WAPI-90 one SVID per identity, by entry id, hints unique")
  void ordersIdentitiesAndKeepsHintsUnique() throws Exception {
    api.source.setEntries(
        withHint(entry("c", "unix:uid:1"), "main", Instant.EPOCH),
        withHint(entry("a", "unix:uid:1"), "main", Instant.EPOCH.plusSeconds(1)),
        flagged(entry("b", "unix:uid:1"), true, true, false),
        flagged(entry("0", "unix:uid:1"), false, false, true));

    var svids = x509Stream().next().getSvidsList();

    assertThat(svids)
        .extracting(it -> it.getSpiffeId() + " " + it.getHint())
        .containsExactly(OWN + "/a ", OWN + "/b ", OWN + "/c main");
  }

  @Test
  @Tag("-WEP-27")
  @Tag("-WAPI-36")
  @Tag("-WAPI-43")
  @Tag("-WAPI-53")
  @Tag("-WAPI-59")
  @DisplayName("WEP-27 WAPI-36 WAPI-43 WAPI-53 WAPI-59 a caller without identity: PermissionDenied")
  @Tag("-WAPI-31")
  @Tag("-WAPI-49")
  @Tag("Q-29")
  void deniesACallerWithoutIdentity() throws Exception {
    api.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(x509Stream().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(x509BundleStream().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(jwtBundleStream().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    assertThat(jwtCode("", "db")).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  @Tag("+WEP-25")
  @DisplayName("WEP-25 before the first sync: Unavailable")
  void isUnavailableBeforeTheFirstSync() throws Exception {
    assertThat(x509Stream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(x509BundleStream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(jwtBundleStream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(jwtCode("", "db")).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(validateCode("db", "x.y.z")).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void isUnavailableWhenNoAttestorAnswers() throws Exception {
    api.source.setEntries(API);
    attestor =
        _ -> {
          throw new AttestationFault("nothing there");
        };

    assertThat(x509Stream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(x509BundleStream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(jwtBundleStream().end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(jwtCode("", "db")).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(validateCode("db", "x.y.z")).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  @Tag("-WEP-09")
  @Tag("-WEP-23")
  @DisplayName("WEP-09 WEP-23 without the exact header every method answers InvalidArgument")
  void refusesEveryMethodWithoutTheHeader() throws Exception {
    api.source.setEntries(API);
    for (var value : List.of("", "false", "True", "true ", "true,true")) {
      var options = CallOptions.within(Duration.ofSeconds(30)).with("workload.spiffe.io", value);
      assertThat(codesOfAllMethods(options)).as(value).containsOnly(GrpcStatus.INVALID_ARGUMENT);
    }
    assertThat(codesOfAllMethods(CallOptions.within(Duration.ofSeconds(30))))
        .containsOnly(GrpcStatus.INVALID_ARGUMENT);
    assertThat(api.source.jwtsAsked()).isZero();
  }

  @Test
  void refusesTheHeaderSentTwice() throws Exception {
    api.source.setEntries(API);
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
            .setURI("/SpiffeWorkloadAPI/FetchX509SVID")
            .addHeader("content-type", "application/grpc")
            .addHeader("workload.spiffe.io", List.of("true", "true"));

    var status =
        await(
            http.request(target)
                .compose(request -> request.send(Buffer.buffer(new byte[5])))
                .map(response -> response.getHeader("grpc-status")));

    assertThat(status).isEqualTo("3");
    await(http.close());
  }

  @Test
  @Tag("+WAPI-04")
  @Tag("-WAPI-71")
  @DisplayName("WAPI-04 WAPI-71 the WIT methods answer Unimplemented")
  @Tag("-WEP-29")
  void offersNoWitSvids() throws Exception {
    api.source.setEntries(API);

    var svids =
        api.open(SpiffeWorkloadAPIGrpcClient.FetchWITSVID, WITSVIDRequest.getDefaultInstance());
    var bundles =
        api.open(
            SpiffeWorkloadAPIGrpcClient.FetchWITBundles, WITBundlesRequest.getDefaultInstance());

    assertThat(svids.end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
    assertThat(bundles.end()).isEqualTo(GrpcStatus.UNIMPLEMENTED);
  }

  @Test
  @Tag("-WAPI-18")
  @Tag("-WAPI-46")
  @Tag("-WAPI-66")
  @DisplayName("WAPI-18 WAPI-46 WAPI-66 a missing mandatory field: InvalidArgument")
  @Tag("Q-18")
  @Tag("Q-31")
  void refusesMissingFields() throws Exception {
    api.source.setEntries(API);

    assertThat(jwtCode("")).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(jwtCode("", "db", "")).as("Q-31").isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(jwtCode("not-an-id", "db")).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(validateCode("", "x.y.z")).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(validateCode("db", "")).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(validateCode("db", "x.y.z")).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  @Tag("+BND-06")
  @Tag("+WAPI-12")
  @Tag("-WAPI-12")
  @DisplayName("WAPI-12 a rotation is seen on the open stream, and nothing without a change")
  void showsARotationOnTheOpenStream() throws Exception {
    api.source.setEntries(API);
    var stream = x509Stream();
    var first = stream.next().getSvids(0);
    // A change that is none for this workload.
    api.source.setEntries(API, entry("other", "unix:uid:2"));

    api.clock.advance(Duration.ofMinutes(34));

    var second = stream.next().getSvids(0);
    assertThat(leaf(second).getNotAfter()).isAfter(leaf(first).getNotAfter());
    assertThat(second.getX509SvidKey()).isNotEqualTo(first.getX509SvidKey());
    assertThat(stream.hasMessage()).isFalse();
  }

  @Test
  @Tag("+BND-36")
  @Tag("+WAPI-24")
  @Tag("-WAPI-24")
  @Tag("+WAPI-28")
  @Tag("-WAPI-28")
  @Tag("+WAPI-41")
  @Tag("+WAPI-56")
  @Tag("+WAPI-57")
  @DisplayName("WAPI-24 WAPI-28 WAPI-41 WAPI-56 WAPI-57 federated bundles come and go, by full id")
  @Tag("+WAPI-20")
  @Tag("+WAPI-32")
  @Tag("+WAPI-40")
  @Tag("+FED-24")
  @Tag("+FED-92")
  @Tag("-FED-86")
  @Tag("-WAPI-58")
  @Tag("+WAPI-01")
  void showsFederatedBundlesComingAndGoing() throws Exception {
    api.source.setEntries(federatingWith(API, "partner.example"));
    var svids = x509Stream();
    var x509 = x509BundleStream();
    var jwt = jwtBundleStream();
    assertThat(svids.next().getFederatedBundlesMap()).isEmpty();
    assertThat(x509.next().getBundlesMap()).containsOnlyKeys(OWN);
    assertThat(jwt.next().getBundlesMap()).containsOnlyKeys(OWN);

    var partner = api.source.foreignBundle(TrustDomain.parse("partner.example"));
    api.source.setFederated(partner);

    var der =
        ByteString.copyFrom(
            Certificates.concatenate(List.of(partner.x509Authorities().getFirst().certificate())));
    assertThat(svids.next().getFederatedBundlesMap())
        .isEqualTo(Map.of("spiffe://partner.example", der));
    assertThat(x509.next().getBundlesMap()).containsEntry("spiffe://partner.example", der);
    assertThat(jwt.next().getBundlesOrThrow("spiffe://partner.example").toStringUtf8())
        .contains("\"kid\":\"" + partner.jwtAuthorities().getFirst().keyId() + "\"")
        .doesNotContain("\"use\"", "\"alg\"", "x5c");

    api.source.setFederated();

    assertThat(svids.next().getFederatedBundlesMap()).isEmpty();
    assertThat(x509.next().getBundlesMap()).containsOnlyKeys(OWN);
    assertThat(jwt.next().getBundlesMap()).containsOnlyKeys(OWN);
  }

  @Test
  void writesAnEmptyKeyListForABundleWithoutJwtAuthorities() throws Exception {
    api.source.setOwnBundle(own -> own.withJwtAuthorities(List.of()));
    api.source.setEntries(API);

    assertThat(jwtBundleStream().next().getBundlesOrThrow(OWN))
        .isEqualTo(ByteString.copyFrom("{\"keys\":[]}", StandardCharsets.UTF_8));
  }

  @Test
  @Tag("+WAPI-40")
  void servesVerifiersWithoutIdentityIfAllowed() throws Exception {
    api.close();
    api = start(settings(true, Set.of(), WorkloadApiLimits.DEFAULT));
    api.source.setEntries(entry("other", "unix:uid:2"));

    assertThat(x509BundleStream().next().getBundlesMap()).containsOnlyKeys(OWN);
    assertThat(jwtBundleStream().next().getBundlesMap()).containsOnlyKeys(OWN);
    assertThat(x509Stream().end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  @Tag("+WAPI-38")
  @DisplayName("WAPI-38 the stream ends with PermissionDenied when the last identity goes")
  void endsTheStreamWhenTheLastIdentityGoes() throws Exception {
    api.source.setEntries(API);
    var stream = x509Stream();
    stream.next();

    api.source.setEntries();

    assertThat(stream.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void endsStreamsWithUnavailableWhenTheAgentStops() throws Exception {
    api.source.setEntries(API);
    var svids = x509Stream();
    var bundles = jwtBundleStream();
    svids.next();
    bundles.next();

    await(api.listening.close());

    assertThat(svids.end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(bundles.end()).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  @Tag("+WEP-32")
  @Tag("+WAPI-05")
  @DisplayName("WEP-32 WAPI-05 the service has exactly the standard methods")
  void offersExactlyTheStandardMethods() {
    var services = api.endpoint.router().services();

    assertThat(services)
        .extracting(RpcService::descriptor)
        .filteredOn(it -> it.getFullName().equals("SpiffeWorkloadAPI"))
        .singleElement()
        .satisfies(it ->
            assertThat(it.getMethods())
                .extracting(method -> method.getName())
                .containsExactly(
                    "FetchX509SVID",
                    "FetchX509Bundles",
                    "FetchJWTSVID",
                    "FetchJWTBundles",
                    "ValidateJWTSVID",
                    "FetchWITSVID",
                    "FetchWITBundles"));
  }

  @Test
  void forgetsStreamsThatTheClientEnded() throws Exception {
    api.source.setEntries(API);
    var stream = x509Stream();
    stream.next();
    assertThat(api.endpoint.openStreams()).isOne();

    stream.cancel();
    stream.end();

    // The next call is handled after the end of the first on the same connection.
    x509Stream().next();
    assertThat(api.endpoint.openStreams()).isOne();
  }

  private List<GrpcStatus> codesOfAllMethods(CallOptions options) throws Exception {
    return List.of(
        api.open(
                SpiffeWorkloadAPIGrpcClient.FetchX509SVID,
                X509SVIDRequest.getDefaultInstance(),
                options)
            .end(),
        api.open(
                SpiffeWorkloadAPIGrpcClient.FetchX509Bundles,
                X509BundlesRequest.getDefaultInstance(),
                options)
            .end(),
        api.codeOf(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, jwtRequest("", "db"), options),
        api.open(
                SpiffeWorkloadAPIGrpcClient.FetchJWTBundles,
                JWTBundlesRequest.getDefaultInstance(),
                options)
            .end(),
        api.codeOf(
            SpiffeWorkloadAPIGrpcClient.ValidateJWTSVID, validateRequest("db", "x.y.z"), options),
        api.open(
                SpiffeWorkloadAPIGrpcClient.FetchWITSVID,
                WITSVIDRequest.getDefaultInstance(),
                options)
            .end(),
        api.open(
                SpiffeWorkloadAPIGrpcClient.FetchWITBundles,
                WITBundlesRequest.getDefaultInstance(),
                options)
            .end());
  }

  private static X509Certificate leaf(X509SVID svid) {
    return X509Svid.parseConcatenated(svid.getX509Svid().toByteArray()).leaf();
  }
}
