package dev.entente.spiffe;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/// Reads and writes PEM in its strict form (RFC 7468 §3): blocks of one label, lines of base64, and
/// nothing between the blocks but empty lines.
///
/// A file that mixes keys and certificates, or carries notes between its blocks, is refused, so
/// that what is read is what a person sees. At most 1 MiB, the size of the largest bundle we
/// accept.
public final class Pem {
  /// Longest text, included, in characters.
  public static final int MAX_CHARS = 1 << 20;

  /// Label of a certificate.
  public static final String CERTIFICATE = "CERTIFICATE";

  /// Label of a PKCS#8 private key.
  public static final String PRIVATE_KEY = "PRIVATE KEY";

  /// RFC 7468 writes 64; OpenSSL's older tools wrote up to 76.
  private static final int MAX_LINE = 76;

  private static final Pattern LINE_END = Pattern.compile("\r?\n");
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  private Pem() {}

  /// Reads one or more certificates.
  ///
  /// @throws IllegalArgumentException if the text holds none or anything else
  public static List<X509Certificate> certificates(String pem) {
    return decode(pem, CERTIFICATE).stream().map(Certificates::parse).toList();
  }

  /// Writes certificates in the given order.
  public static String encodeCertificates(List<X509Certificate> certificates) {
    var text = new StringBuilder();
    certificates.forEach(it -> text.append(encode(CERTIFICATE, Certificates.der(it))));
    return text.toString();
  }

  /// Reads one or more blocks with this label.
  ///
  /// @throws IllegalArgumentException if the text holds none or anything else; the message names
  ///   the line, never its contents
  public static List<byte[]> decode(String pem, String label) {
    if (pem.length() > MAX_CHARS) {
      throw new MalformedException(
          "PEM of " + pem.length() + " characters, at most " + MAX_CHARS + " are allowed");
    }
    var lines = LINE_END.split(pem, -1);
    var blocks = new ArrayList<byte[]>();
    for (var i = 0; i < lines.length; i++) {
      if (lines[i].equals(BEGIN + label + DASHES)) {
        i = readBlock(lines, i + 1, label, blocks);
      } else if (!lines[i].isEmpty()) {
        throw malformed(i, "is not the start of a " + label);
      }
    }
    if (blocks.isEmpty()) {
      throw new MalformedException("PEM without a " + label);
    }
    return List.copyOf(blocks);
  }

  /// Reads exactly one block with this label.
  ///
  /// @throws IllegalArgumentException if the text holds anything else
  public static byte[] decodeOne(String pem, String label) {
    var blocks = decode(pem, label);
    if (blocks.size() != 1) {
      throw new MalformedException("PEM has " + blocks.size() + " blocks, not one " + label);
    }
    return blocks.getFirst();
  }

  /// Writes one block, lines of 64 characters, ended by a newline.
  public static String encode(String label, byte[] der) {
    var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return BEGIN + label + DASHES + "\n" + body + "\n" + END + label + DASHES + "\n";
  }

  /// Reads from `start` up to the end line, and answers where that stands.
  private static int readBlock(String[] lines, int start, String label, List<byte[]> blocks) {
    var body = new StringBuilder();
    for (var i = start; i < lines.length; i++) {
      if (lines[i].equals(END + label + DASHES)) {
        blocks.add(decodeBody(body.toString(), start));
        return i;
      }
      if (lines[i].isEmpty() || lines[i].length() > MAX_LINE) {
        throw malformed(i, "has " + lines[i].length() + " characters, not 1 to " + MAX_LINE);
      }
      body.append(lines[i]);
    }
    throw new MalformedException("PEM " + label + " has no end line");
  }

  private static byte[] decodeBody(String body, int line) {
    try {
      var der = Base64.getDecoder().decode(body);
      if (der.length > 0 && Base64.getEncoder().encodeToString(der).equals(body)) {
        return der;
      }
    } catch (IllegalArgumentException e) {
      // Dropped, with the decoder's message: that one quotes what may be key material.
    }
    throw malformed(line, "begins no canonical base64");
  }

  private static MalformedException malformed(int index, String what) {
    return new MalformedException("PEM line " + (index + 1) + " " + what);
  }
}
