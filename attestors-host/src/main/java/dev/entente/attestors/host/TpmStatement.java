package dev.entente.attestors.host;

/// What a TPM says about itself and signs (TPMS_ATTEST, TPM 2.0 Library, Part 2, 10.12.12).
///
/// @param magic [#MADE_BY_A_TPM], which a restricted key signs for the TPM alone
/// @param type what it is about, such as [#CERTIFY]
/// @param about what the type says, not yet read
record TpmStatement(int magic, int type, byte[] about) {
  static final int MADE_BY_A_TPM = 0xff544347;
  static final int CERTIFY = 0x8017;

  private static final int NAME_MAX_BYTES = 66;
  private static final int DATA_MAX_BYTES = 64;

  /// @throws IllegalArgumentException if these bytes do not begin as a statement
  static TpmStatement parse(byte[] bytes) {
    return TpmReader.readAll(
        bytes,
        in -> {
          int magic = in.uint32();
          int type = in.uint16();
          in.sized(NAME_MAX_BYTES); // qualifiedSigner
          in.sized(DATA_MAX_BYTES); // extraData
          in.uint64(); // clock
          in.uint32(); // resetCount
          in.uint32(); // restartCount
          in.uint8(); // safe
          in.uint64(); // firmwareVersion
          return new TpmStatement(magic, type, in.rest());
        });
  }

  /// The name of the key that a statement of type [#CERTIFY] is about.
  ///
  /// @throws IllegalArgumentException if there is none
  byte[] certifiedName() {
    return TpmReader.readAll(
        about,
        in -> {
          byte[] name = in.sized(NAME_MAX_BYTES);
          in.sized(NAME_MAX_BYTES); // qualifiedName
          return name;
        });
  }

  @Override
  public String toString() {
    return "TpmStatement[0x%04x]".formatted(type);
  }
}
