package dev.entente.broker.store;

/// What became of a write, and how far the change log was right after it.
///
/// @param revision the store's newest revision in the transaction of the write; a view that has
///   passed it shows the write
public record Written<T>(T outcome, long revision) {}
