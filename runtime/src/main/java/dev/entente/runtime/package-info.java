/// What both daemons need in order to run: configuration files, logs, durable files, health and
/// metrics.
@NullMarked
package dev.entente.runtime;

import org.jspecify.annotations.NullMarked;
