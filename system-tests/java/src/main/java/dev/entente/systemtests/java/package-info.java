/// A workload as a user of Entente would write it, with java-spiffe and nothing of ours.
///
/// It runs as a process of its own and obeys lines on its standard input, so that a test can tell
/// several workloads what to do and hear what they saw.
@NullMarked
package dev.entente.systemtests.java;

import org.jspecify.annotations.NullMarked;
