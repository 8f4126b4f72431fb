package dev.entente.attestor.spi;

/// A rule of an attestor says no. It stays inside the attestor, which hands it on as a value.
public final class Refusal extends Exception {
  private final String check;
  private final String detail;

  /// @param check stable name of the check that failed, without the attestor's
  /// @param detail for the operator
  public Refusal(String check, String detail) {
    super(check + ": " + detail, null, false, false);
    this.check = check;
    this.detail = detail;
  }

  /// Name of the check that failed.
  public String check() {
    return check;
  }

  /// This as the answer of the attestor `name`, such as `aws-iid`.
  public AttestationStep.Refused of(String name) {
    return new AttestationStep.Refused(name + "/" + check, detail);
  }

  /// Refuses unless `holds`.
  public static void unless(boolean holds, String check, String detail) throws Refusal {
    if (!holds) {
      throw new Refusal(check, detail);
    }
  }
}
