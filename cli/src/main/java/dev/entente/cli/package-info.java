/// What a person types, and the packaged distribution.
@NullMarked
package dev.entente.cli;

import org.jspecify.annotations.NullMarked;
