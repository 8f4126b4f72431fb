package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.OneTimeUse;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.runtime.Causes;
import dev.entente.runtime.blocking.HttpRequest;
import dev.entente.runtime.blocking.NameLookup;
import dev.entente.runtime.blocking.TcpConnection;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.spiffe.Digests;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a host by whether it shows a nonce under its own name, over plain HTTP.
///
/// 1. The payload has the shape of one, and names an allowed host and port.
/// 2. The node gets a nonce, and says when it can be asked for.
/// 3. The host's name is looked up, once; each of its addresses has to be allowed.
/// 4. The broker connects to one of exactly those addresses and asks for the nonce: no redirect, no
///    proxy, no second look-up, at most 64 bytes, ten seconds for everything.
///
/// The name is chosen by a stranger. So nothing of what the host answers goes back to him but
/// whether it was the nonce.
public final class HttpChallengeAttestor implements NodeAttestor {
  private static final String NAME = "http-challenge";

  /// SPIRE's limits.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  private static final int BODY_MAX_BYTES = 64;

  /// Of a name with more, the first ones are tried.
  private static final int ADDRESSES_MAX = 4;

  private static final int OK = 200;

  private final TrustDomain trustDomain;
  private final HttpChallengeConfig config;
  private final Names names;
  private final Duration timeLimit;

  /// Looks up the addresses of a host.
  @FunctionalInterface
  interface Names {
    List<InetAddress> resolve(String host, TimeLimit limit)
        throws IOException, InterruptedException;
  }

  HttpChallengeAttestor(
      TrustDomain trustDomain, HttpChallengeConfig config, Names names, Duration timeLimit) {
    this.trustDomain = trustDomain;
    this.config = config;
    this.names = names;
    this.timeLimit = timeLimit;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    try {
      var place = place(presentation.payload()); // 1
      var nonce = HttpChallengeNonce.fresh();
      return new AttestationStep.Challenged(nonce.toJson(), _ -> judge(place, nonce)); // 2
    } catch (Refusal e) {
      return e.of(NAME);
    }
  }

  private HttpChallengePayload place(byte[] payload) throws Refusal {
    HttpChallengePayload place;
    try {
      place = HttpChallengePayload.parse(payload);
    } catch (IllegalArgumentException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    }
    int port = place.port();
    Refusal.unless(
        port == config.requiredPort().orElse(port)
            && (config.nonRootPorts() || port < HttpChallengeConfig.FIRST_NON_ROOT_PORT),
        "port-not-allowed",
        "port " + port);
    var host = place.hostName();
    Refusal.unless(
        !host.equals("localhost") && !host.endsWith(".localhost"), "localhost", "\"" + host + "\"");
    Refusal.unless(
        config.hosts().stream().anyMatch(pattern -> pattern.matcher(host).matches()),
        "host-not-allowed",
        "\"" + host + "\" matches none of allowed-dns-patterns");
    return place;
  }

  private AttestationStep judge(HttpChallengePayload place, HttpChallengeNonce nonce)
      throws AttestationFault, InterruptedException {
    try {
      var limit = TimeLimit.within(timeLimit);
      var address = requireShown(place, nonce, addresses(place.hostName(), limit), limit);
      return new AttestationStep.Attested(attested(place, address));
    } catch (Refusal e) {
      return e.of(NAME);
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException(e.getMessage());
    } catch (SocketTimeoutException e) {
      throw unasked(place, "no complete answer within " + timeLimit, e);
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException(e.getMessage());
      }
      throw unasked(place, Causes.of(e), e);
    }
  }

  private static AttestationFault unasked(
      HttpChallengePayload place, String why, IOException cause) {
    return new AttestationFault(
        "\"" + place.hostName() + "\" not asked for the nonce: " + why, cause);
  }

  private List<InetAddress> addresses(String host, TimeLimit limit) // 3
      throws Refusal, IOException, InterruptedException {
    var found = names.resolve(host, limit);
    for (var address : found) {
      Refusal.unless(
          config.addresses().allows(address),
          "address-not-allowed",
          "\"" + host + "\" is at " + address.getHostAddress());
    }
    return found.stream().limit(ADDRESSES_MAX).toList();
  }

  /// Asks at the first address that takes the connection, and names it.
  private static InetAddress requireShown( // 4
      HttpChallengePayload place,
      HttpChallengeNonce nonce,
      List<InetAddress> addresses,
      TimeLimit limit)
      throws Refusal, IOException {
    var trouble = new IOException("it has no address");
    for (var address : addresses) {
      TcpConnection connection;
      try {
        connection = TcpConnection.open(new InetSocketAddress(address, place.port()), limit);
      } catch (ClosedByInterruptException e) {
        throw e;
      } catch (IOException e) {
        trouble = e;
        continue;
      }
      try (connection) {
        requireShown(place, nonce, connection);
        return address;
      }
    }
    throw trouble;
  }

  private static void requireShown(
      HttpChallengePayload place, HttpChallengeNonce nonce, TcpConnection connection)
      throws Refusal, IOException {
    var answer =
        HttpRequest.get(place.hostName() + ":" + place.port(), place.path())
            .ask(connection, Integer.MAX_VALUE);
    int status = answer.status();
    Refusal.unless(status < 300 || status > 399, "redirect", "answered with HTTP " + status);
    Refusal.unless(status == OK, "wrong-status", "answered with HTTP " + status);
    byte[] body = answer.body().readNBytes(BODY_MAX_BYTES + 1);
    Refusal.unless(
        body.length <= BODY_MAX_BYTES, "answer-too-long", "over " + BODY_MAX_BYTES + " bytes");
    Refusal.unless(
        new String(body, StandardCharsets.ISO_8859_1).strip().equals(nonce.text()),
        "wrong-nonce",
        "the answer is not the nonce");
  }

  private AttestedNode attested(HttpChallengePayload place, InetAddress address) throws Refusal {
    var host = place.hostName();
    var id = config.agentPath().agentId(trustDomain, Map.of(HttpChallengeConfig.HOST_NAME, host));
    Optional<OneTimeUse> once =
        config.tofu()
            ? Optional.of(
                new OneTimeUse(
                    HttpChallengeSource.TYPE,
                    Digests.sha256Hex(id.toString().getBytes(StandardCharsets.UTF_8)),
                    false))
            : Optional.empty();
    return new AttestedNode(
        id,
        Selector.ofType(HttpChallengeSource.TYPE, List.of("hostname:" + host)),
        !config.tofu(),
        once,
        Map.of(
            "hostname", host,
            "address", address.getHostAddress(),
            "port", Integer.toString(place.port()),
            "agentname", place.agentName()));
  }

  /// Offers [HttpChallengeAttestor]; its keys stand in docs/attestors/http_challenge.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return HttpChallengeSource.TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new HttpChallengeAttestor(
          trustDomain, HttpChallengeConfig.read(settings), new NameLookup()::resolve, TIME_LIMIT);
    }
  }
}
