package dev.entente.attestors.aws;

/// A rule of `aws_iid` says no. It stays inside this room: [AwsIidAttestor] hands it on as a value.
final class Refusal extends Exception {
  private final String code;
  private final String detail;

  /// @param check stable name of the check, without the attestor's
  Refusal(String check, String detail) {
    super(check + ": " + detail, null, false, false);
    this.code = "aws-iid/" + check;
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
