package dev.entente.broker.authority;

/// Nothing was signed, because this process was paused between preparing and signing.
public final class SigningSuspendedException extends RuntimeException {
  SigningSuspendedException(String why) {
    super("not signed: " + why);
  }
}
