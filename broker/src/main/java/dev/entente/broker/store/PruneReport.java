package dev.entente.broker.store;

/// How many rows of each kind one run of the [Pruner] deleted.
public record PruneReport(
    int entries, int nodes, int joinTokens, int evidence, int journals, int changes) {}
