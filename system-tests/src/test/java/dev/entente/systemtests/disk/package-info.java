/// A disk that loses what was not flushed, rebuilt from the system calls of a traced program.
///
/// SIGKILL leaves the page cache alone, so killing a program shows nothing about a missing fsync.
/// Here a program runs below `strace`, and afterwards its files are made anew as a disk would hold
/// them after a power cut at that moment.
@NullMarked
package dev.entente.systemtests.disk;

import org.jspecify.annotations.NullMarked;
