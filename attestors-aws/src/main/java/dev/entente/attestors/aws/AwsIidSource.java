package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/// Shows the instance identity document of the EC2 instance it runs on.
///
/// It speaks version 2 of the metadata service only: first a token is asked for with PUT, then the
/// token accompanies every GET. The token's answer travels one network hop by default, so that an
/// agent in a container on a bridge gets none until the instance allows two.
public final class AwsIidSource implements EvidenceSource {
  /// The service is on the same host; SDKs wait one second.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(3);

  /// Document and signatures are about 500, 200 and 1,500 bytes.
  private static final int BODY_MAX_BYTES = 16 * 1024;

  /// The token is used for three requests right away.
  private static final String TOKEN_TTL_SECONDS = "60";

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);
  private static final String IDENTITY = "/latest/dynamic/instance-identity/";

  private final URI endpoint;

  AwsIidSource(URI endpoint) {
    this.endpoint = endpoint;
  }

  @Override
  public Session open() throws AttestationFault {
    try {
      var token =
          ask(
              "PUT",
              "/latest/api/token",
              Map.of("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL_SECONDS));
      var withToken = Map.of("X-aws-ec2-metadata-token", token);
      byte[] payload =
          new AwsIidPayload(
                  ask("GET", IDENTITY + "document", withToken),
                  ask("GET", IDENTITY + "signature", withToken),
                  ask("GET", IDENTITY + "rsa2048", withToken))
              .toJson();
      return new Evidence(payload);
    } catch (IOException e) {
      throw new AttestationFault(
          "no instance identity document from "
              + endpoint
              + ": "
              + e.getMessage()
              + " (in a container, the instance's metadata hop limit must be 2)",
          e);
    }
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

  private record Evidence(byte[] payload) implements Session {
    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      throw new AttestationFault("the broker sent a challenge, aws_iid has none");
    }

    @Override
    public String toString() {
      return "Evidence[" + payload.length + " bytes]";
    }
  }

  /// Offers [AwsIidSource]. `ec2-metadata-endpoint` (`http://169.254.169.254`) is the address of
  /// the metadata service; its IPv6 form is `http://[fd00:ec2::254]`.
  public static final class Provider implements EvidenceSource.Provider {
    private static final String KEY = "ec2-metadata-endpoint";
    private static final URI DEFAULT = URI.create("http://169.254.169.254");

    @Override
    public String type() {
      return AwsIidPayload.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new AwsIidSource(settings.text(KEY).map(text -> read(settings, text)).orElse(DEFAULT));
    }

    private static URI read(AttestorSettings settings, String text) {
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
  }
}
