package dev.entente.attestor.spi;

/// Something outside failed while evidence was collected or judged; a later try may work.
public final class AttestationFault extends Exception {
  public AttestationFault(String message) {
    super(message);
  }

  public AttestationFault(String message, Throwable cause) {
    super(message, cause);
  }
}
