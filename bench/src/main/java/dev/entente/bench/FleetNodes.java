package dev.entente.bench;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.types.AttestationData;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// The nodes of a fleet, in a process of their own: [FleetMeasurement] starts it.
///
/// It reads lines. A line of JSON is the evidence of a node that will attest; an empty line asks to
/// get them ready, with keys and requests, and is answered `ready`; `go` lets them attest all at
/// once and is answered with the nanoseconds that took and how often one was told to come back.
final class FleetNodes {
  private static final String GO = "go";
  private static final Duration COME_BACK = Duration.ofSeconds(1);
  private static final Map<String, String> ARGUMENTS =
      Map.of("port", "", "bundle", "", "addresses", "");

  private final Vertx vertx;
  private final List<NodeAddress> addresses;

  private FleetNodes(Vertx vertx, List<NodeAddress> addresses) {
    this.vertx = vertx;
    this.addresses = addresses;
  }

  /// Runs with `--name value` pairs until its input ends.
  public static void main(String[] words) {
    Programs.run(words, ARGUMENTS, (arguments, _) -> serve(arguments));
  }

  private static void serve(Arguments arguments) {
    var vertx = Programs.vertx(2);
    var bundle = bundle(arguments);
    var addresses =
        IntStream.rangeClosed(1, arguments.number("addresses"))
            .mapToObj(i -> new NodeAddress(vertx, "127.0.1." + i, arguments.number("port"), bundle))
            .toList();
    addresses.forEach(address -> Answers.of(address.tryOut()));
    var nodes = new FleetNodes(vertx, addresses);
    try (var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      nodes.serve(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the measurement is gone", e);
    }
  }

  private static SpiffeBundle bundle(Arguments arguments) {
    try {
      return SpiffeBundle.empty(SigningBench.DOMAIN)
          .withX509Authorities(
              Pem.certificates(Files.readString(arguments.path("bundle"))).stream()
                  .map(X509Authority::of)
                  .toList());
    } catch (IOException e) {
      throw new UncheckedIOException("bundle not read", e);
    }
  }

  private void serve(BufferedReader in) throws IOException {
    List<AttestAgentRequest> ready = new ArrayList<>();
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "" -> System.out.println("ready");
        case GO -> {
          System.out.println(attest(ready));
          ready.clear();
        }
        default -> ready.add(request(line));
      }
    }
  }

  private static AttestAgentRequest request(String evidence) {
    var csr = CertificateRequests.der(KeyAlgorithm.EC_P256.generate());
    return AttestAgentRequest.newBuilder()
        .setParams(
            AttestAgentRequest.Params.newBuilder()
                .setData(
                    AttestationData.newBuilder()
                        .setType("aws_iid")
                        .setPayload(ByteString.copyFromUtf8(evidence)))
                .setParams(AgentX509SVIDParams.newBuilder().setCsr(BrokerProcess.bytes(csr))))
        .build();
  }

  private String attest(List<AttestAgentRequest> requests) {
    var busy = new AtomicInteger();
    var began = System.nanoTime();
    Answers.of(
        Future.all(
            IntStream.range(0, requests.size())
                .mapToObj(i -> attest(addresses.get(i % addresses.size()), requests.get(i), busy))
                .toList()));
    return (System.nanoTime() - began) + " " + busy.get();
  }

  /// Until it is attested: who is told to come back does, and who does not get through.
  private Future<Void> attest(NodeAddress from, AttestAgentRequest request, AtomicInteger busy) {
    return from.attest(request)
        .recover(failure ->
            failure instanceof IOException || failure instanceof VertxException
                ? Future.succeededFuture(false)
                : Future.failedFuture(failure))
        .compose(attested -> {
          if (attested) {
            return Future.succeededFuture();
          }
          busy.incrementAndGet();
          return vertx
              .timer(COME_BACK.toMillis(), TimeUnit.MILLISECONDS)
              .compose(_ -> attest(from, request, busy));
        });
  }
}
