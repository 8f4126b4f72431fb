/// What a whole build showed: its slowest tests, and the requirements its tests name.
///
/// Both read the reports that every module's tests left under `target`, so they run last.
@NullMarked
package dev.entente.systemtests.report;

import org.jspecify.annotations.NullMarked;
