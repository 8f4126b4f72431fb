/// Puts X.509-SVIDs into files, for programs that cannot ask the Workload API.
///
/// Which SVIDs, and when, is decided in `svidcache`; here is only how a file looks.
@NullMarked
package dev.entente.agent.svidstore;

import org.jspecify.annotations.NullMarked;
