/// What a platform implements to prove a node or a workload.
@NullMarked
package dev.entente.attestor.spi;

import org.jspecify.annotations.NullMarked;
