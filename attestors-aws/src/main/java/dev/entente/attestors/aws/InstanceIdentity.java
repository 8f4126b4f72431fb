package dev.entente.attestors.aws;

import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;

/// What AWS says of an instance in its identity document.
///
/// @param accountId twelve digits
/// @param pendingTime when the instance was started last
record InstanceIdentity(
    String accountId,
    String region,
    String availabilityZone,
    String instanceId,
    String imageId,
    Instant pendingTime) {
  static final Pattern ACCOUNT_ID = Pattern.compile("[0-9]{12}");

  /// Regions, zones and images become parts of ids, selectors and requests.
  static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

  private static final Pattern INSTANCE_ID = Pattern.compile("i-[0-9a-f]{8,32}");

  /// Reads a document; the caller has verified its signature.
  static InstanceIdentity parse(byte[] signed) throws Refusal {
    try {
      var members = Json.parseObject(signed);
      return new InstanceIdentity(
          text(members, "accountId", ACCOUNT_ID),
          text(members, "region", NAME),
          text(members, "availabilityZone", NAME),
          text(members, "instanceId", INSTANCE_ID),
          text(members, "imageId", NAME),
          Instant.parse(text(members, "pendingTime", Pattern.compile(".{1,64}"))));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new Refusal("malformed-document", String.valueOf(e.getMessage()));
    }
  }

  private static String text(Map<String, Object> members, String name, Pattern shape) {
    if (members.get(name) instanceof String text && shape.matcher(text).matches()) {
      return text;
    }
    throw new IllegalArgumentException("\"" + name + "\" is not like " + shape);
  }

  /// Names the instance in all of AWS, for ever: ids are not used twice.
  String globalName() {
    return accountId + "/" + region + "/" + instanceId;
  }
}
