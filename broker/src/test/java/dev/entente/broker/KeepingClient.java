package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.rpc.TlsIdentity;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;

/// A client that holds on to what it was once given: it makes one call, over and over, on one
/// connection, and its TLS context (the JDK's with stock settings, unlike ours) keeps every session
/// to come back with.
final class KeepingClient implements AutoCloseable {
  static final String OK = "0";

  /// There is no connection, or none could be made.
  static final String CUT = "cut";

  private final Vertx vertx = Vertx.vertx();
  private final Context loop = vertx.getOrCreateContext();
  private final HttpClientAgent http;
  private final int port;
  private final String method;
  private final AtomicInteger serverJudged = new AtomicInteger();
  private HttpClientConnection connection;
  private Promise<Void> closed = Promise.promise();
  private int connections;

  KeepingClient(int port, TlsIdentity identity, String method) {
    this.port = port;
    this.method = method;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
                .setVerifyHost(false)
                .setTrustOptions(TrustOptions.wrap(new Trusting()))
                .setKeyCertOptions(KeyCertOptions.wrap(keys(identity))));
    this.connection = get(connect());
  }

  private Future<HttpClientConnection> connect() {
    connections++;
    var end = Promise.<Void>promise();
    closed = end;
    return onLoop(() ->
        http.connect(new HttpConnectOptions().setHost("127.0.0.1").setPort(port).setSsl(true))
            .onSuccess(made -> made.closeHandler(_ -> end.tryComplete())));
  }

  /// Calls on the connection held: gRPC's status, or [#CUT].
  String call() {
    try {
      // A call begun while the server lets go ends in no other way than with its connection.
      return await(
          Future.any(onLoop(this::answer), closed.future().map(CUT))
              .map(first -> first.succeeded(0) ? first.<String>resultAt(0) : CUT));
    } catch (ExecutionException e) {
      return CUT;
    }
  }

  private Future<String> answer() {
    return connection
        .request(new RequestOptions().setMethod(HttpMethod.POST).setURI(method))
        .compose(request -> {
          request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
          return request.send(Buffer.buffer(new byte[5])).compose(KeepingClient::status);
        });
  }

  /// Runs a step on the one event loop of this client: elsewhere an answer can go by before
  /// somebody listens.
  private <T> Future<T> onLoop(Supplier<Future<T>> step) {
    var result = Promise.<T>promise();
    loop.runOnContext(_ -> step.get().onComplete(result));
    return result.future();
  }

  /// Lets the connection go and makes another, with whatever session was saved; then calls.
  String comeBack() {
    // The server may have closed it before, which is as good.
    get(connection.close().otherwiseEmpty());
    try {
      connection = await(connect());
    } catch (ExecutionException refused) {
      return CUT;
    }
    return call();
  }

  private static Future<String> status(HttpClientResponse response) {
    return response
        .body()
        .map(_ -> {
          var status = response.getHeader("grpc-status");
          return status == null ? String.valueOf(response.getTrailer("grpc-status")) : status;
        });
  }

  /// Waits until the server has closed the connection.
  void awaitClosed() {
    get(closed.future());
  }

  /// Connections on which a saved session was taken, so that neither side judged the other.
  int resumedSessions() {
    return connections - serverJudged.get();
  }

  private static X509KeyManager keys(TlsIdentity identity) {
    try {
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      var chain = identity.chain().toArray(new X509Certificate[0]);
      store.setKeyEntry("svid", identity.key(), new char[0], chain);
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, new char[0]);
      return (X509KeyManager) factory.getKeyManagers()[0];
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> T get(Future<T> future) {
    try {
      return await(future);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static <T> T await(Future<T> future) throws ExecutionException {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    get(http.close());
    get(vertx.close());
  }

  /// Lets every server in and counts how often it is asked: once for each full handshake.
  private final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      throw new IllegalStateException("this is the client");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      assertThat(chain).isNotEmpty();
      serverJudged.incrementAndGet();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
