package dev.entente.rpc;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.Map;

/// Speaks HTTP/2 by hand, to send what no gRPC client would.
final class RawClient {
  static final String GET_AGENT = "/spire.api.server.agent.v1.Agent/GetAgent";

  private final HttpClient http;
  private final Path socket;

  RawClient(Vertx vertx, Path socket) {
    this.socket = socket;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  /// What came back: HTTP status, and the gRPC status wherever it was.
  record Answer(int http, String grpcStatus, String grpcMessage) {}

  Answer send(String path, Map<String, String> headers, Buffer body) throws Exception {
    return TestServer.await(
        request(path, headers, "localhost").compose(r -> r.end(body).compose(_ -> answer(r))));
  }

  Answer sendWithAuthority(String authority, Buffer body) throws Exception {
    return TestServer.await(
        request(GET_AGENT, Map.of(), authority).compose(r -> r.end(body).compose(_ -> answer(r))));
  }

  Future<HttpClientRequest> request(String path, Map<String, String> headers, String authority) {
    return http.request(
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(SocketAddress.domainSocketAddress(socket.toString()))
                .setHost(authority)
                .setPort(80)
                .setURI(path))
        .map(r -> {
          r.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
          headers.forEach(r::putHeader);
          return r.setChunked(true);
        });
  }

  static Future<Answer> answer(HttpClientRequest request) {
    return request
        .response()
        .compose(r ->
            r.body()
                .map(_ -> {
                  String status = r.getHeader("grpc-status");
                  String message = r.getHeader("grpc-message");
                  return new Answer(
                      r.statusCode(),
                      status == null ? "" + r.getTrailer("grpc-status") : status,
                      message == null ? "" + r.getTrailer("grpc-message") : message);
                }));
  }

  static Buffer frame(int flag, byte[] payload) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(payload.length).appendBytes(payload);
  }
}
