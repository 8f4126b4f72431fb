package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/// Shows that the agent answers under its host's name, on a port that it opens for the time of one
/// attestation.
public final class HttpChallengeSource implements EvidenceSource {
  static final String TYPE = "http_challenge";

  /// What SPIRE's agent answers to the challenge: that the nonce can be asked for.
  private static final byte[] READY = {'\n'};

  private static final int PORT_MAX = 65535;

  private final Place place;

  private HttpChallengeSource(Place place) {
    this.place = place;
  }

  /// @param port where to listen; 0 for any
  /// @param advertisedPort where the broker reaches it; 0 if that is the same
  private record Place(String hostName, String agentName, int port, int advertisedPort) {}

  @Override
  public Session open() throws AttestationFault {
    HttpChallengeServer server;
    try {
      server = new HttpChallengeServer(place.port());
    } catch (IOException e) {
      throw new AttestationFault(
          "port " + place.port() + " for the challenge not opened: " + Causes.of(e), e);
    }
    int port = place.advertisedPort() == 0 ? server.port() : place.advertisedPort();
    return new Answering(
        server, new HttpChallengePayload(place.hostName(), place.agentName(), port));
  }

  private record Answering(HttpChallengeServer server, HttpChallengePayload shown)
      implements Session {
    @Override
    public byte[] payload() {
      return shown.toJson();
    }

    @Override
    public byte[] respond(byte[] challenge) throws AttestationFault {
      try {
        server.show(shown.path(), HttpChallengeNonce.parse(challenge));
      } catch (IllegalArgumentException e) {
        throw new AttestationFault("challenge not answered: " + e.getMessage(), e);
      }
      return READY.clone();
    }

    @Override
    public void close() {
      server.close();
    }
  }

  /// Offers [HttpChallengeSource]: `hostname`, `agentname`, `port` and `advertised-port`.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var place =
          new Place(
              settings.text("hostname").orElseGet(() -> ownName(settings)),
              settings.text("agentname").orElse("default"),
              settings.integer("port", 0, 0, PORT_MAX),
              settings.integer("advertised-port", 0, 0, PORT_MAX));
      check(place, settings);
      return new HttpChallengeSource(place);
    }

    private static String ownName(AttestorSettings settings) {
      try {
        return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
      } catch (UnknownHostException e) {
        settings.problem("hostname", "not set, and this host has no name: " + e.getMessage());
        return "unknown";
      }
    }

    private static void check(Place place, AttestorSettings settings) {
      for (var key : new String[] {"hostname", "agentname"}) {
        try {
          new HttpChallengePayload(
              key.equals("hostname") ? place.hostName() : "host",
              key.equals("agentname") ? place.agentName() : "default",
              1);
        } catch (IllegalArgumentException e) {
          settings.problem(key, String.valueOf(e.getMessage()));
        }
      }
    }
  }
}
