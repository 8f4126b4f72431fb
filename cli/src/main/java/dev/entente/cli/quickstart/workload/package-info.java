/// The program that `entente quickstart` runs as a workload: it takes its identity from the
/// Workload API, speaks mutual TLS with it, and does what it is told on standard input.
@NullMarked
package dev.entente.cli.quickstart.workload;

import org.jspecify.annotations.NullMarked;
