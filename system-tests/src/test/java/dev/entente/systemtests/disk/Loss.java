package dev.entente.systemtests.disk;

/// What a crash took.
///
/// @param droppedBytes written, never flushed and lost
/// @param droppedNames creations, renames and removals that were lost
public record Loss(long droppedBytes, long droppedNames) {
  /// Nothing.
  public static final Loss NONE = new Loss(0, 0);

  /// Both added up.
  public Loss plus(Loss other) {
    return new Loss(droppedBytes + other.droppedBytes, droppedNames + other.droppedNames);
  }
}
