package dev.entente.attestor.spi;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// One request to a small HTTP service a platform names (a metadata service, a list of keys), with
/// an answer that is bounded in size and time.
///
/// No redirects, no proxy, no cookies. The JDK's URL connection is used because an agent can afford
/// it: it needs no threads and no further classes.
///
/// @param timeLimit for connecting, and for the whole answer; all together at most three times this
/// @param bodyMaxBytes a longer body is an error
public record BoundedHttp(Duration timeLimit, int bodyMaxBytes) {
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
    long end = System.nanoTime() + timeLimit.toNanos();
    int status = connection.getResponseCode();
    try (var in = body(connection, status)) {
      return new Answer(status, name -> header(connection, name), read(in, end));
    }
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

  /// A server that sends a byte now and then never runs into the connection's own limit.
  private byte[] read(InputStream in, long end) throws IOException {
    var body = new ByteArrayOutputStream();
    byte[] chunk = new byte[4096];
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      body.write(chunk, 0, n);
      if (body.size() > bodyMaxBytes) {
        throw new IOException("the body is over " + bodyMaxBytes + " bytes");
      }
      if (System.nanoTime() - end > 0) {
        throw new IOException("no complete answer within " + timeLimit);
      }
    }
    return body.toByteArray();
  }
}
