/// Measures: JMH for a function, a load generator for a process.
///
/// Three programs, started by `bench/run`. The ceilings ([IssuanceBenchmark],
/// [VerificationBenchmark], [RegistryBenchmark]) say what a core can do when nothing but the
/// function runs. [LoadGenerator] drives a broker of the shipped distribution over real connections
/// and divides what it answered by the processor time its process used, so that a generator on the
/// same machine costs time but does not falsify the figure. [StartupMeasurement] starts and stops
/// processes and looks at them as their clients do.
///
/// Nothing here is a test: figures depend on the machine, docs/benchmarks.md says on which.
@NullMarked
package dev.entente.bench;

import org.jspecify.annotations.NullMarked;
