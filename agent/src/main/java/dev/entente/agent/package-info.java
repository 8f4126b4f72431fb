/// Proves its node, then hands each local workload exactly its own SVIDs.
@NullMarked
package dev.entente.agent;

import org.jspecify.annotations.NullMarked;
