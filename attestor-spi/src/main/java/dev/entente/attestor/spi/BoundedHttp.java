package dev.entente.attestor.spi;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One request to a small HTTP service a platform names (a metadata service, a list of keys), with
/// an answer that is bounded in size and time.
///
/// No redirects, no proxy, no cookies. The JDK's URL connection is used because an agent can afford
/// it: it needs no further classes, and one thread for all that goes when there is nothing to do.
///
/// @param timeLimit for all of it, from the connection to the answer's last byte
/// @param bodyMaxBytes a longer body is an error
public record BoundedHttp(Duration timeLimit, int bodyMaxBytes) {
  /// A server that sends a byte now and then never runs into a connection's own limits.
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private static final long CUT_AGAIN_MILLIS = 50;

  /// What a service answered, success or not.
  ///
  /// @param header gives a header's value by its name, or an empty text
  /// @param body also of an answer that is no success
  public record Answer(int status, Header header, byte[] body) {}

  /// Looks up a header of an answer.
  @FunctionalInterface
  public interface Header {
    String value(String name);
  }

  /// Sends a request without a body.
  ///
  /// @throws IOException if there is no complete answer within the limits; the message names method
  ///   and address, and no header
  public Answer send(String method, URI uri, Map<String, String> headers) throws IOException {
    return send(method, uri, headers, new byte[0]);
  }

  /// Sends a request, with a body if it is a PUT or a POST.
  ///
  /// @throws IOException as [#send(String, URI, Map)]
  public Answer send(String method, URI uri, Map<String, String> headers, byte[] body)
      throws IOException {
    try {
      return ask(method, uri, headers, body);
    } catch (IOException e) {
      throw new IOException(method + " " + uri + " not answered: " + e.getMessage(), e);
    }
  }

  private Answer ask(String method, URI uri, Map<String, String> headers, byte[] body)
      throws IOException {
    if (!(uri.toURL().openConnection(Proxy.NO_PROXY) instanceof HttpURLConnection connection)) {
      throw new IOException("not an http address");
    }
    int millis = Math.toIntExact(timeLimit.toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    var expired = new AtomicBoolean();
    // Again and again: a connection that is just being made does not notice that it is cut.
    var end =
        TIMER.scheduleWithFixedDelay(
            () -> cut(connection, expired), millis, CUT_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    try {
      var answer = ask(connection, method, headers, body);
      if (!expired.get()) {
        return answer;
      }
    } catch (IOException e) {
      throw expired.get() || e instanceof SocketTimeoutException ? late(e) : e;
    } finally {
      end.cancel(false);
    }
    throw late(null);
  }

  private IOException late(@Nullable IOException cause) {
    return new IOException("no complete answer within " + timeLimit, cause);
  }

  private static void cut(HttpURLConnection connection, AtomicBoolean expired) {
    expired.set(true);
    try {
      connection.disconnect();
    } catch (RuntimeException _) {
      // It was changing under us: the next cut finds it settled.
    }
  }

  private Answer ask(
      HttpURLConnection connection, String method, Map<String, String> headers, byte[] body)
      throws IOException {
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestMethod(method);
    headers.forEach(connection::setRequestProperty);
    if (method.equals("PUT") || method.equals("POST")) {
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(body.length);
      try (var out = connection.getOutputStream()) {
        out.write(body);
      }
    }
    int status = connection.getResponseCode();
    try (var in = body(connection, status)) {
      return new Answer(status, name -> header(connection, name), read(in));
    }
  }

  private static ScheduledThreadPoolExecutor timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("http-limit-", 0).factory());
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(1, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  private static InputStream body(HttpURLConnection connection, int status) throws IOException {
    if (status < 400) {
      return connection.getInputStream();
    }
    var in = connection.getErrorStream();
    return in == null ? InputStream.nullInputStream() : in;
  }

  private static String header(HttpURLConnection connection, String name) {
    var value = connection.getHeaderField(name);
    return value == null ? "" : value;
  }

  private byte[] read(InputStream in) throws IOException {
    byte[] body = in.readNBytes(bodyMaxBytes + 1);
    if (body.length > bodyMaxBytes) {
      throw new IOException("the body is over " + bodyMaxBytes + " bytes");
    }
    return body;
  }
}
