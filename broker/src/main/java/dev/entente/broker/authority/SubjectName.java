package dev.entente.broker.authority;

import dev.entente.spiffe.SubjectAttribute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;

/// A distinguished name of the attributes certificates usually carry, always encoded the same way.
///
/// Like SPIRE (through Go's `pkix.Name`) it knows nine attribute types, writes them in one order,
/// and drops all others when it reads a name of somebody else.
///
/// @param attributes values by type; a type without values does not appear
public record SubjectName(Map<Attribute, List<String>> attributes) {
  /// More values than this in a CSR are somebody's experiment.
  static final int MAX_VALUES = 32;

  /// RFC 5280 App. A allows 64 for most types and 128 for streets; more leeway helps nobody.
  static final int MAX_VALUE_CHARACTERS = 256;

  /// A name with nothing in it.
  public static final SubjectName EMPTY = new SubjectName(Map.of());

  /// SPIRE's default for all SVIDs: `C=US, O=SPIRE`.
  public static final SubjectName SPIRE =
      EMPTY.with(Attribute.COUNTRY, "US").with(Attribute.ORGANIZATION, "SPIRE");

  /// The attribute types, in the order in which they are written.
  public enum Attribute {
    /// `C`.
    COUNTRY("C", 6),
    /// `O`.
    ORGANIZATION("O", 10),
    /// `OU`.
    ORGANIZATIONAL_UNIT("OU", 11),
    /// `L`.
    LOCALITY("L", 7),
    /// `ST`.
    PROVINCE("ST", 8),
    /// `STREET`.
    STREET("STREET", 9),
    /// `postalCode`.
    POSTAL_CODE("POSTALCODE", 17),
    /// `CN`.
    COMMON_NAME("CN", 3),
    /// `serialNumber`.
    SERIAL_NUMBER("SERIALNUMBER", 5);

    private final String keyword;
    private final int lastArc;

    Attribute(String keyword, int lastArc) {
      this.keyword = keyword;
      this.lastArc = lastArc;
    }

    private byte[] oid() {
      return DerValues.oid(2, 5, 4, lastArc);
    }

    private String dottedOid() {
      return "2.5.4." + lastArc;
    }
  }

  /// Copies the values and refuses what no certificate should carry.
  public SubjectName {
    var copy = new EnumMap<Attribute, List<String>>(Attribute.class);
    attributes.forEach((attribute, values) -> {
      if (!values.isEmpty()) {
        values.forEach(value -> require(attribute, value));
        copy.put(attribute, List.copyOf(values));
      }
    });
    if (copy.values().stream().mapToInt(List::size).sum() > MAX_VALUES) {
      throw new IllegalArgumentException("subject has more than " + MAX_VALUES + " values");
    }
    attributes = Collections.unmodifiableMap(copy);
  }

  /// Reads a name in the form of RFC 4514, as in `O=Example, C=DE`.
  ///
  /// @throws IllegalArgumentException if it is malformed or has an attribute we do not know
  public static SubjectName parse(String text) {
    try {
      var values = new EnumMap<Attribute, List<String>>(Attribute.class);
      for (Rdn rdn : new LdapName(text).getRdns()) {
        for (var attribute : Collections.list(rdn.toAttributes().getAll())) {
          add(values, ofKeyword(attribute.getID()), String.valueOf(attribute.get()));
        }
      }
      return new SubjectName(values);
    } catch (javax.naming.NamingException e) {
      throw new IllegalArgumentException(
          e instanceof InvalidNameException
              ? "subject \"" + text + "\" is not a name of RFC 4514"
              : "subject \"" + text + "\" cannot be read",
          e);
    }
  }

  /// Keeps what we know of the subject of a certificate request, to be written anew.
  ///
  /// @throws IllegalArgumentException if it has values no certificate should carry
  public static SubjectName of(List<SubjectAttribute> asked) {
    var values = new EnumMap<Attribute, List<String>>(Attribute.class);
    for (var pair : asked) {
      ofOid(pair.oid()).ifPresent(attribute -> add(values, attribute, pair.value()));
    }
    return new SubjectName(values);
  }

  /// Reads the DER of a Name and keeps what we know of it.
  ///
  /// @throws IllegalArgumentException if it is malformed or has values no certificate should carry
  public static SubjectName parseDer(byte[] der) {
    var values = new EnumMap<Attribute, List<String>>(Attribute.class);
    for (RDN rdn : X500Name.getInstance(der).getRDNs()) {
      for (AttributeTypeAndValue pair : rdn.getTypesAndValues()) {
        addIfKnown(values, pair);
      }
    }
    return new SubjectName(values);
  }

  /// This name with one more value.
  public SubjectName with(Attribute attribute, String value) {
    var values = mutableCopy();
    add(values, attribute, value);
    return new SubjectName(values);
  }

  /// This name with `value` as the only one of its type.
  public SubjectName withOnly(Attribute attribute, String value) {
    var values = mutableCopy();
    values.put(attribute, List.of(value));
    return new SubjectName(values);
  }

  /// Whether nothing is in it.
  public boolean isEmpty() {
    return attributes.isEmpty();
  }

  /// The DER of the Name; the values of one type share one relative name.
  byte[] toDer() {
    var writer = new DerWriter(256);
    for (var attribute : attributes.keySet().stream().toList().reversed()) {
      writer.raw(relativeName(attribute));
    }
    return writer.header(DerWriter.SEQUENCE, 0).toBytes();
  }

  private byte[] relativeName(Attribute attribute) {
    var encoded = new ArrayList<byte[]>();
    for (var value : attributes.getOrDefault(attribute, List.of())) {
      encoded.add(
          new DerWriter(64)
              .text(isPrintable(value) ? DerWriter.PRINTABLE_STRING : DerWriter.UTF8_STRING, value)
              .raw(attribute.oid())
              .header(DerWriter.SEQUENCE, 0)
              .toBytes());
    }
    // The members of a SET stand in the order of their encodings (X.690 §11.6).
    encoded.sort(Arrays::compareUnsigned);
    var writer = new DerWriter(128);
    encoded.reversed().forEach(writer::raw);
    return writer.header(DerWriter.SET, 0).toBytes();
  }

  private static boolean isPrintable(String value) {
    return value
        .chars()
        .allMatch(c ->
            (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || " '()+,-./:=?".indexOf(c) >= 0);
  }

  private EnumMap<Attribute, List<String>> mutableCopy() {
    var copy = new EnumMap<Attribute, List<String>>(Attribute.class);
    copy.putAll(attributes);
    return copy;
  }

  private static void add(Map<Attribute, List<String>> values, Attribute attribute, String value) {
    var longer = new ArrayList<>(values.getOrDefault(attribute, List.of()));
    longer.add(value);
    values.put(attribute, longer);
  }

  private static void addIfKnown(Map<Attribute, List<String>> values, AttributeTypeAndValue pair) {
    var attribute = ofOid(pair.getType().getId());
    if (attribute.isEmpty()) {
      return;
    }
    if (!(pair.getValue() instanceof ASN1String text)) {
      throw new IllegalArgumentException(
          "subject attribute " + attribute.get().keyword + " is no text");
    }
    add(values, attribute.get(), text.getString());
  }

  private static Optional<Attribute> ofOid(String oid) {
    return Arrays.stream(Attribute.values()).filter(a -> a.dottedOid().equals(oid)).findFirst();
  }

  private static Attribute ofKeyword(String keyword) {
    for (var attribute : Attribute.values()) {
      if (attribute.keyword.equalsIgnoreCase(keyword)) {
        return attribute;
      }
    }
    throw new IllegalArgumentException("subject attribute \"" + keyword + "\" is not known");
  }

  private static void require(Attribute attribute, String value) {
    if (value.isEmpty() || value.length() > MAX_VALUE_CHARACTERS) {
      throw new IllegalArgumentException(
          "subject attribute "
              + attribute.keyword
              + " has "
              + value.length()
              + " characters, 1 to "
              + MAX_VALUE_CHARACTERS
              + " are allowed");
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "subject attribute " + attribute.keyword + " has a control character");
    }
  }
}
