/// `entente quickstart`: shows on one machine what Entente does, with the shipped programs only.
///
/// Two trust domains, a broker and an agent each, are started as child processes on a loopback
/// address of their own, below one directory. The quickstart administers them as an operator would
/// and lets two small workloads, a stranger and an intruder (processes, too) try what they may.
/// Nothing here is needed by a real installation.
@NullMarked
package dev.entente.cli.quickstart;

import org.jspecify.annotations.NullMarked;
