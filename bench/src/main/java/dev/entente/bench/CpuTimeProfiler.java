package dev.entente.bench;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/// Adds to each JMH benchmark how many operations a second of processor time does: on a machine
/// that others use, a second of wall time is less than a second of a core.
///
/// The whole process is charged, its collector and compiler too. Public with a public constructor,
/// as JMH wants it.
public final class CpuTimeProfiler implements InternalProfiler {
  private static final double MILLIS = 1e3;

  private long cpuMillis;

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    cpuMillis = ownCpuMillis();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    var used = ownCpuMillis() - cpuMillis;
    var operations = result.getMetadata().getAllOps();
    return List.of(
        new ScalarResult(
            "per-cpu-second", operations * MILLIS / used, "ops/cpu-s", AggregationPolicy.AVG));
  }

  private static long ownCpuMillis() {
    return ProcessFigures.cpu(ProcessHandle.current().pid()).toMillis();
  }

  @Override
  public String getDescription() {
    return "operations per second of processor time of the whole process";
  }
}
