package dev.entente.attestors.host;

/// What a TPM's owner has set; empty if nothing.
///
/// @param devId of the DevID key
/// @param owner of the owner hierarchy
/// @param endorsement of the endorsement hierarchy
record TpmPasswords(byte[] devId, byte[] owner, byte[] endorsement) {
  @Override
  public String toString() {
    return "TpmPasswords[]";
  }
}
