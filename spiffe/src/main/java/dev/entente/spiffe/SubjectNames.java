package dev.entente.spiffe;

import java.util.Map;
import javax.security.auth.x500.X500Principal;

/// Subjects of certificates as text.
public final class SubjectNames {
  private static final Map<String, String> KEYWORDS =
      Map.of(SubjectAttribute.SERIAL_NUMBER, "SERIALNUMBER");

  private SubjectNames() {}

  /// `name` as RFC 2253 has it, and as Go's `pkix.Name` prints it: X.520's serialNumber, which
  /// every authority of ours and of SPIRE has, stands there by its keyword and not as hexadecimal
  /// DER.
  public static String text(X500Principal name) {
    return name.getName(X500Principal.RFC2253, KEYWORDS);
  }
}
