package dev.entente.cli.hcl;

import com.code_intelligence.jazzer.junit.FuzzTest;

class HclFuzzTest {
  /// Whatever the bytes, the answer is values or an [HclException].
  @FuzzTest(maxDuration = "30s")
  void neverFailsUnexpectedly(byte[] input) {
    try {
      Hcl.parse(input);
    } catch (HclException _) {
      // Refused, as it may be.
    }
  }
}
