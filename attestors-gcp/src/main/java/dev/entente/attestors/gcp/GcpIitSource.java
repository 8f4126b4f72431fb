package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.Nonce;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/// Shows an identity token of the Compute Engine instance it runs on.
///
/// The metadata server makes a new token for each request, for the audience that is asked for. A
/// broker that answers with a nonce gets a second token, whose audience carries it.
public final class GcpIitSource implements EvidenceSource {
  static final String TYPE = "gcp_iit";

  /// The server is on the same host, but has the token signed elsewhere.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /// A token has about 1,200 characters.
  private static final int BODY_MAX_BYTES = 16 * 1024;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);
  private static final String FLAVOR = "Metadata-Flavor";
  private static final String GOOGLE = "Google";

  private final URI accountUri;
  private final String audience;

  private GcpIitSource(URI accountUri, String audience) {
    this.accountUri = accountUri;
    this.audience = audience;
  }

  @Override
  public Session open() throws AttestationFault {
    return new Evidence(token(audience));
  }

  private byte[] token(String forWhom) throws AttestationFault {
    var query = "?audience=" + URLEncoder.encode(forWhom, StandardCharsets.UTF_8) + "&format=full";
    try {
      var answer =
          HTTP.send("GET", URI.create(accountUri + "/identity" + query), Map.of(FLAVOR, GOOGLE));
      // Whoever else answers at this address does not know the header.
      if (answer.status() != 200
          || answer.body().length == 0
          || !answer.header().value(FLAVOR).equals(GOOGLE)) {
        throw new IOException(
            "answer " + answer.status() + " of " + answer.body().length + " bytes");
      }
      return answer.body();
    } catch (IOException e) {
      throw new AttestationFault("no identity token: " + e.getMessage(), e);
    }
  }

  private final class Evidence implements Session {
    private final byte[] payload;

    private Evidence(byte[] payload) {
      this.payload = payload;
    }

    @Override
    public byte[] payload() {
      return payload;
    }

    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      return token(GcpAudience.with(audience, Nonce.challenged(challenge)));
    }
  }

  /// Offers [GcpIitSource].
  ///
  /// `identity-token-host` (`metadata.google.internal`) is host or host:port of the metadata
  /// server, `service-account` (`default`) whose token is shown, `audience` SPIRE's unless the
  /// broker wants another.
  public static final class Provider implements EvidenceSource.Provider {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+(:[0-9]{1,5})?");
    private static final Pattern ACCOUNT = Pattern.compile("[A-Za-z0-9@._-]+");

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var host = read(settings, "identity-token-host", "metadata.google.internal", HOST);
      var account = read(settings, "service-account", "default", ACCOUNT);
      var path = "/computeMetadata/v1/instance/service-accounts/";
      return new GcpIitSource(
          URI.create("http://" + host + path + account),
          read(settings, "audience", GcpAudience.SPIRE, GcpAudience.ALLOWED));
    }

    private static String read(
        AttestorSettings settings, String key, String usual, Pattern allowed) {
      var text = settings.text(key).orElse(usual);
      if (allowed.matcher(text).matches()) {
        return text;
      }
      settings.problem(key, "not like " + allowed + ": \"" + text + "\"");
      return usual;
    }
  }
}
