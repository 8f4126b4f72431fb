package dev.entente.broker.authority;

/// More signatures wait than can be made in reasonable time; the same call may work a moment later.
public final class CryptoPoolFullException extends RuntimeException {
  CryptoPoolFullException() {
    super("crypto queue is full", null, false, false);
  }
}
