/// Decides who may have which identity, signs it, and keeps a record of both.
@NullMarked
package dev.entente.broker;

import org.jspecify.annotations.NullMarked;
