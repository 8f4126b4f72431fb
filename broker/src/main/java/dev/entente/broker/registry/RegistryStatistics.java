package dev.entente.broker.registry;

/// Counts since start, for metrics.
///
/// @param reloads how often everything was loaded, the first time included
/// @param checksumsCompared how often view and store were compared
/// @param checksumsHealed how often they differed and the view was loaded anew
/// @param feedFailures how often the change feed could not be read
/// @param subscribers open push subscriptions
public record RegistryStatistics(
    long reloads,
    long checksumsCompared,
    long checksumsHealed,
    long feedFailures,
    int subscribers) {}
