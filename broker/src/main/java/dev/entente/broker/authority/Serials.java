package dev.entente.broker.authority;

import java.math.BigInteger;
import java.security.SecureRandom;

/// Certificate serial numbers: random, from 1 to 2^128-1.
final class Serials {
  private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(128);
  private static final int BYTES = 16;

  private Serials() {}

  static BigInteger next(SecureRandom random) {
    while (true) {
      var bytes = new byte[BYTES];
      random.nextBytes(bytes);
      var serial = new BigInteger(1, bytes);
      if (serial.signum() > 0) {
        return serial;
      }
    }
  }

  static boolean isValid(BigInteger serial) {
    return serial.signum() > 0 && serial.compareTo(LIMIT) < 0;
  }
}
