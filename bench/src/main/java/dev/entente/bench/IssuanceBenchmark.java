package dev.entente.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The ceiling of issuing: what one core signs when it does nothing else.
///
/// Public and open, as JMH wants it; JMH makes one in the process that measures.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class IssuanceBenchmark {
  /// Enough that no cache knows the next key.
  private static final int REQUESTS = 256;

  private static final List<String> ES256_AUDIENCE = List.of("spiffe://bench.example/api");
  private static final List<String> RS256_AUDIENCE = List.of("api://AzureADTokenExchange");

  private final SigningBench bench = SigningBench.open();
  private final List<byte[]> requests = CertificateRequests.make(REQUESTS);
  private int next;

  /// CSR parsed and verified, X.509-SVID encoded and signed, all P-256.
  @Benchmark
  public List<byte[]> x509Svid() {
    next = (next + 1) % REQUESTS;
    return bench.issueX509(requests.get(next));
  }

  /// A JWT-SVID signed with P-256.
  @Benchmark
  public String es256JwtSvid() {
    return bench.issueJwt(ES256_AUDIENCE);
  }

  /// A JWT-SVID signed with RSA-2048, for the one cloud that wants it.
  @Benchmark
  public String rs256JwtSvid() {
    return bench.issueJwt(RS256_AUDIENCE);
  }

  /// Removes the store.
  @TearDown
  public void close() {
    bench.close();
  }
}
