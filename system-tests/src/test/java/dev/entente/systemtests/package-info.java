/// Starts the shipped distribution and drives it from outside, as operators and workloads do.
///
/// A [dev.entente.systemtests.Sandbox] owns every file and process of a test and leaves nothing
/// behind. Tests wait for what they can see, never for time, and read logs only to show them.
@NullMarked
package dev.entente.systemtests;

import org.jspecify.annotations.NullMarked;
