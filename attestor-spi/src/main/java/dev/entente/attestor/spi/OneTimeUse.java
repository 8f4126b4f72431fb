package dev.entente.attestor.spi;

/// Evidence that counts once. The broker consumes it in the transaction that records the node.
///
/// @param kind separates the evidence of different attestors
/// @param digestHex lower-case hex SHA-256 of what must not be seen twice
/// @param mustExist true if the broker itself handed the evidence out (a join token) and an unknown
///   digest is therefore refused; false if the first sight of a digest is acceptable
public record OneTimeUse(String kind, String digestHex, boolean mustExist) {}
