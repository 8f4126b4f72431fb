package dev.entente.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/// An address from which nodes attest: a broker counts by address, and a fleet has more than one.
///
/// Each node gets a connection of its own, with a handshake of its own, as cheaply as this process
/// can make it: one TLS context for all, one call written by hand. What a node really spends it
/// spends on its own processor.
final class NodeAddress {
  private static final String PATH =
      "/" + AgentGrpcClient.AttestAgent.serviceName().fullyQualifiedName() + "/AttestAgent";

  /// A flag and the length, before each message.
  private static final int FRAME_BYTES = 5;

  private final HttpClientAgent http;
  private final HttpConnectOptions broker;

  /// @param from one of 127.0.0.0/8
  NodeAddress(Vertx vertx, String from, int brokerPort, SpiffeBundle bundle) {
    var server = SpiffeId.of(SigningBench.DOMAIN, "/spire/server");
    var trust =
        new SvidTrustManager(BundleSource.of(bundle), server::equals, InstantSource.system());
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setLocalAddress(from)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setSsl(true)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2))
                .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
                .setVerifyHost(false)
                .setTrustOptions(TrustOptions.wrap(trust)));
    this.broker = new HttpConnectOptions().setHost("127.0.0.1").setPort(brokerPort);
  }

  /// Connects and closes, so that what the first connection of a process costs is not measured.
  Future<Void> tryOut() {
    return http.connect(broker).compose(connection -> connection.close());
  }

  /// Attests once, over a new connection, which is closed after it. True if attested, false if told
  /// to come back.
  Future<Boolean> attest(AttestAgentRequest request) {
    return http.connect(broker)
        .compose(connection ->
            ask(connection, request).eventually(() -> connection.close().otherwiseEmpty()));
  }

  private static Future<Boolean> ask(HttpClientConnection connection, AttestAgentRequest request) {
    return connection
        .request(new RequestOptions().setMethod(HttpMethod.POST).setURI(PATH))
        .compose(call -> send(call, request))
        .compose(answer -> answer.body().map(body -> isAttested(answer, body)));
  }

  private static Future<HttpClientResponse> send(
      HttpClientRequest call, AttestAgentRequest request) {
    var message = request.toByteArray();
    return call.putHeader("content-type", "application/grpc")
        .putHeader("te", "trailers")
        .send(
            Buffer.buffer(FRAME_BYTES + message.length)
                .appendByte((byte) 0)
                .appendInt(message.length)
                .appendBytes(message));
  }

  private static boolean isAttested(HttpClientResponse answer, Buffer body) {
    var inTrailer = answer.getTrailer("grpc-status");
    var status =
        GrpcStatus.valueOf(
            Integer.parseInt(inTrailer == null ? answer.getHeader("grpc-status") : inTrailer));
    if (status == GrpcStatus.UNAVAILABLE) {
      return false;
    }
    if (status != GrpcStatus.OK || !hasSvid(body)) {
      throw new IllegalStateException("a node was answered " + status);
    }
    return true;
  }

  private static boolean hasSvid(Buffer body) {
    try {
      return AttestAgentResponse.parseFrom(body.getBytes(FRAME_BYTES, body.length()))
          .getResult()
          .hasSvid();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the answer to a node is no message", e);
    }
  }
}
