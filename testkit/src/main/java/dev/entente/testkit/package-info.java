/// Fakes, clocks and throw-away authorities for tests.
@NullMarked
package dev.entente.testkit;

import org.jspecify.annotations.NullMarked;
