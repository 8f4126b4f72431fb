package dev.entente.broker.authority;

import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Says whether this process may sign at this moment.
///
/// A process that was stopped, or whose machine slept, wakes in the middle of what it did and does
/// not know what changed meanwhile: who was banned, and whether its authority is still its own. So
/// it is asked when an SVID is prepared and once more when it is signed. Any thread may ask.
///
/// @param objection why nothing may be signed now, if so: the process was paused and has not looked
///   at the store since
/// @param pauses how many pauses were noticed so far
public record SigningGuard(Supplier<Optional<String>> objection, LongSupplier pauses) {
  /// Objects to nothing.
  public static final SigningGuard NONE = new SigningGuard(Optional::empty, () -> 0);
}
