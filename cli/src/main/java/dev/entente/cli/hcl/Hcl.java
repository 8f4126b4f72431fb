package dev.entente.cli.hcl;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads HCL files.
public final class Hcl {
  /// A configuration is a few pages; a larger file is a mistake or an attack.
  public static final int SIZE_MAX_BYTES = 1024 * 1024;

  /// Deeper than any configuration of SPIRE by far; bounds the recursion of the parsers.
  static final int DEPTH_MAX = 32;

  /// More values than any configuration of SPIRE by far; bounds memory.
  static final int VALUES_MAX = 100_000;

  private Hcl() {}

  /// Reads a whole file, in the JSON form if its first character is `{`.
  ///
  /// @throws HclException if it is neither, or too large, deep or long
  public static HclValue.Block parse(byte[] file) {
    if (file.length > SIZE_MAX_BYTES) {
      throw new HclException(1, "larger than " + SIZE_MAX_BYTES + " bytes");
    }
    return parse(decode(file));
  }

  private static HclValue.Block parse(String text) {
    return text.stripLeading().startsWith("{")
        ? HclJson.parse(text)
        : new HclParser(new HclScanner(text)).file();
  }

  private static String decode(byte[] file) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
    } catch (CharacterCodingException _) {
      throw new HclException(1, "not UTF-8 text");
    }
  }
}
