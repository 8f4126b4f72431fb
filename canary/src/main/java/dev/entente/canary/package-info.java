/// Code that must not compile.
@NullMarked
package dev.entente.canary;

import org.jspecify.annotations.NullMarked;
