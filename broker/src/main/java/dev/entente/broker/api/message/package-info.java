/// Translates SPIRE's messages into our values and back. Pure: no I/O, no clock.
///
/// Reading a message throws [IllegalArgumentException] with the field and what is wrong with it;
/// the caller decides what that means for the call or the batch item. Writing never fails.
@NullMarked
package dev.entente.broker.api.message;

import org.jspecify.annotations.NullMarked;
