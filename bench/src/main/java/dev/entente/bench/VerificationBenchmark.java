package dev.entente.bench;

import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.time.Instant;
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

/// The ceiling of verifying an X509-SVID, from its bytes to the verdict.
///
/// Public and open, as JMH wants it.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class VerificationBenchmark {
  private static final int CHAINS = 256;

  private final SigningBench bench = SigningBench.open();
  private final BundleSource bundles = BundleSource.of(bench.bundle());
  private final List<List<byte[]>> chains =
      CertificateRequests.make(CHAINS).stream().map(bench::issueX509).toList();
  private int next;

  /// Refuses to measure refusals.
  public VerificationBenchmark() {
    if (!(x509Svid() instanceof X509Verdict.Verified)) {
      throw new IllegalStateException("an X.509-SVID issued here is refused: " + x509Svid());
    }
  }

  /// A leaf below a self-signed authority, P-256, parsed and judged by every rule.
  @Benchmark
  public final X509Verdict x509Svid() {
    next = (next + 1) % CHAINS;
    return X509SvidVerifier.verifyDer(chains.get(next), bundles, Instant.now());
  }

  /// Removes the store.
  @TearDown
  public void close() {
    bench.close();
  }
}
