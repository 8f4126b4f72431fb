package dev.entente.spiffe;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// One attribute of a distinguished name, such as `O=SPIRE` (RFC 5280 §4.1.2.4).
///
/// @param oid the attribute's type, as in `2.5.4.10`
/// @param value its text, at most 256 characters, none of them a control character
public record SubjectAttribute(String oid, String value) {
  /// Type of a country name.
  public static final String COUNTRY = "2.5.4.6";

  /// Type of an organisation name.
  public static final String ORGANIZATION = "2.5.4.10";

  /// Type of an organisational unit name.
  public static final String ORGANIZATIONAL_UNIT = "2.5.4.11";

  /// Type of a common name.
  public static final String COMMON_NAME = "2.5.4.3";

  /// Type of a serial number of the subject, not of the certificate.
  public static final String SERIAL_NUMBER = "2.5.4.5";

  /// More than any real name has.
  private static final int MAX_ATTRIBUTES = 32;

  private static final int MAX_VALUE_CHARS = 256;
  private static final int UTF8_STRING = 0x0c;
  private static final int PRINTABLE_STRING = 0x13;
  private static final int IA5_STRING = 0x16;

  /// Refuses a value that is empty, too long, or has a control character.
  public SubjectAttribute {
    if (value.isEmpty() || value.length() > MAX_VALUE_CHARS) {
      throw new MalformedException(
          "subject attribute "
              + oid
              + " has "
              + value.length()
              + " characters, not 1 to "
              + MAX_VALUE_CHARS);
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new MalformedException("subject attribute " + oid + " has a control character");
    }
  }

  /// Reads the contents of a Name; an RDN of several attributes is refused.
  static List<SubjectAttribute> readName(Der name) {
    var attributes = new ArrayList<SubjectAttribute>();
    while (name.hasMore()) {
      var rdn = name.enter(Der.SET);
      attributes.add(read(rdn.enter(Der.SEQUENCE)));
      rdn.finish();
      if (attributes.size() > MAX_ATTRIBUTES) {
        throw new MalformedException("subject of more than " + MAX_ATTRIBUTES + " attributes");
      }
    }
    return List.copyOf(attributes);
  }

  private static SubjectAttribute read(Der attribute) {
    var oid = attribute.oid();
    var value =
        switch (attribute.peekTag()) {
          case UTF8_STRING -> utf8(attribute.content(UTF8_STRING));
          case PRINTABLE_STRING -> attribute.ascii(PRINTABLE_STRING);
          case IA5_STRING -> attribute.ascii(IA5_STRING);
          default -> throw new MalformedException("subject attribute " + oid + " is no plain text");
        };
    attribute.finish();
    return new SubjectAttribute(oid, value);
  }

  private static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException("subject attribute is not UTF-8", e);
    }
  }
}
