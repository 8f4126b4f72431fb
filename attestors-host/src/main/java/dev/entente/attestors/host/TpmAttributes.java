package dev.entente.attestors.host;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// What a TPM says of a key of its own (TPMA_OBJECT, TPM 2.0 Library, Part 2, 8.3).
final class TpmAttributes {
  static final int FIXED_TPM = 1 << 1;
  static final int FIXED_PARENT = 1 << 4;
  static final int SENSITIVE_DATA_ORIGIN = 1 << 5;
  static final int USER_WITH_AUTH = 1 << 6;
  static final int ADMIN_WITH_POLICY = 1 << 7;
  static final int NO_DA = 1 << 10;
  static final int RESTRICTED = 1 << 16;
  static final int DECRYPT = 1 << 17;
  static final int SIGN = 1 << 18;

  /// Made in this TPM, and never outside it.
  static final int RESIDENT = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN;

  private static final Map<Integer, String> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put(FIXED_TPM, "fixedTPM");
    NAMES.put(FIXED_PARENT, "fixedParent");
    NAMES.put(SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin");
    NAMES.put(USER_WITH_AUTH, "userWithAuth");
    NAMES.put(ADMIN_WITH_POLICY, "adminWithPolicy");
    NAMES.put(NO_DA, "noDA");
    NAMES.put(RESTRICTED, "restricted");
    NAMES.put(DECRYPT, "decrypt");
    NAMES.put(SIGN, "sign");
  }

  private TpmAttributes() {}

  /// Whether all of `must` are set and none of `mustNot`.
  static boolean hold(int attributes, int must, int mustNot) {
    return (attributes & must) == must && (attributes & mustNot) == 0;
  }

  /// The names of those that are set.
  static String text(int attributes) {
    return NAMES.entrySet().stream()
        .filter(each -> (attributes & each.getKey()) != 0)
        .map(Map.Entry::getValue)
        .collect(Collectors.joining("|"));
  }
}
