package dev.entente.attestors.gcp;

/// A rule of `gcp_iit` says no. It stays inside this room: [GcpIitAttestor] hands it on as a value.
final class Refusal extends Exception {
  private final String code;
  private final String detail;

  /// @param check stable name of the check, without the attestor's
  Refusal(String check, String detail) {
    super(check + ": " + detail, null, false, false);
    this.code = "gcp-iit/" + check;
    this.detail = detail;
  }

  String code() {
    return code;
  }

  String detail() {
    return detail;
  }

  /// Refuses unless `holds`.
  static void unless(boolean holds, String check, String detail) throws Refusal {
    if (!holds) {
      throw new Refusal(check, detail);
    }
  }
}
