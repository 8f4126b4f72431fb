package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.BoundedHttp;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/// The instance metadata service, version 2 only: first a token is asked for with PUT, then the
/// token accompanies every GET.
///
/// The token's answer travels one network hop by default, so that an agent in a container on a
/// bridge gets none until the instance allows two.
///
/// @param endpoint scheme and host
record Ec2Metadata(URI endpoint) {
  static final String KEY = "ec2-metadata-endpoint";

  private static final URI DEFAULT = URI.create("http://169.254.169.254");

  /// The service is on the same host; SDKs wait one second.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(3);

  /// Document, signatures and credentials are about 500, 200, 1,500 and 1,500 bytes.
  private static final int BODY_MAX_BYTES = 16 * 1024;

  /// The token is used for a few requests right away.
  private static final String TOKEN_TTL_SECONDS = "60";

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);

  /// Reads where it is out of an agent's settings; its IPv6 form is `http://[fd00:ec2::254]`.
  static Ec2Metadata read(AttestorSettings settings) {
    return new Ec2Metadata(settings.text(KEY).map(text -> address(settings, text)).orElse(DEFAULT));
  }

  private static URI address(AttestorSettings settings, String text) {
    try {
      var uri = URI.create(text);
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // The same answer as for any other address that is none.
    }
    settings.problem(KEY, "not an http address: \"" + text + "\"");
    return DEFAULT;
  }

  /// A conversation with the service.
  Session open() throws IOException {
    var token =
        ask(
            "PUT",
            "/latest/api/token",
            Map.of("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL_SECONDS));
    return path -> ask("GET", path, Map.of("X-aws-ec2-metadata-token", token));
  }

  /// Pages of the service.
  @FunctionalInterface
  interface Session {
    String get(String path) throws IOException;
  }

  private String ask(String method, String path, Map<String, String> headers) throws IOException {
    var answer = HTTP.send(method, endpoint.resolve(path), headers);
    if (answer.status() != 200 || answer.body().length == 0) {
      throw new IOException(
          method
              + " "
              + path
              + " answered "
              + answer.status()
              + " with "
              + answer.body().length
              + " bytes");
    }
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}
