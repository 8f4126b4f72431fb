package dev.entente.canary;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Four mistakes, each of which has to stop the compiler.
final class Canary {
  private Canary() {}

  static int dereferencesWhatMayBeNull(@Nullable String text) {
    return text.length();
  }

  static List<String> passesAListThatMayHoldNull() {
    List<@Nullable String> holes = new ArrayList<>();
    return holes;
  }

  static int dereferencesAMissingEntry(Map<String, String> map) {
    return map.get("absent").length();
  }

  static boolean comparesArraysByIdentity(byte[] one, byte[] other) {
    return one.equals(other);
  }
}
